import { expect, it } from 'vitest';
import { requestHead } from '../testing/runtime.ts';
import { FirstRequests } from './first-requests.ts';

const from = (user: string): ReturnType<typeof requestHead> => requestHead('GET /', `x-user: ${user}`);

it('counts the first requests, and no later one', () => {
  const first = new FirstRequests({ requests: 2 });
  expect(['a', 'b', 'c', 'a'].map((user) => first.isOver(from(user)))).toEqual([false, false, true, true]);
});

it('counts each value of the header for itself', () => {
  const first = new FirstRequests({ requests: 1, per: 'x-user' });
  expect(['a', 'b', 'a', 'b', 'c'].map((user) => first.isOver(from(user)))).toEqual([false, false, true, true, false]);
});

it('counts requests without the header together', () => {
  const first = new FirstRequests({ requests: 1, per: 'x-user' });
  expect([first.isOver(requestHead('GET /')), first.isOver(requestHead('GET /'))]).toEqual([false, true]);
});

it('forgets the value that it saw first rather than growing without bound', () => {
  const first = new FirstRequests({ requests: 1, per: 'x-user' });
  for (let i = 0; i < 10_001; i++) first.isOver(from(`u${i}`));
  expect([first.isOver(from('u10000')), first.isOver(from('u0'))]).toEqual([true, false]);
});
