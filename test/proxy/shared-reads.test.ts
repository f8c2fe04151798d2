/** Reads of clients share one buffer: what is kept of a request is its own, whatever others send meanwhile. */
import { expect, it } from 'vitest';
import { chain, clientOf, get, post } from './stage.ts';
import { ok } from './scripted-upstream.ts';

const NOISE = 'x'.repeat(2_000);

it('keeps a head that trickles, a body that is held, and requests that are pipelined, apart from what others send', async () => {
  const {
    gateway,
    upstream,
    client: first,
  } = await chain(({ request, answer }) => answer(ok(`${request.target} ${request.body.toString()}`)));
  const second = await clientOf(gateway.port);
  const noise = await clientOf(gateway.port);
  const between = async (): Promise<void> => {
    await noise.send(post(NOISE)).response();
  };
  const [head, body] = [get('/trickled'), post('held body')];
  first.send(head.slice(0, 12));
  second.send(body.slice(0, -4));
  await between();
  first.send(head.slice(12) + get('/next'));
  await between();
  second.send(body.slice(-4));
  expect((await first.response()).body.toString()).toBe('/trickled ');
  expect((await first.response()).body.toString()).toBe('/next ');
  expect((await second.response()).body.toString()).toBe('/ held body');
  expect(upstream.requests.filter(({ target }) => target === '/').length).toBe(3);
});
