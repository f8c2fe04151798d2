/** Retries of answers below 500, and what an endpoint's Retry-After means to them. */
import { describe, expect, it } from 'vitest';
import { ok, status } from './scripted-upstream.ts';
import type { Script } from './scripted-upstream.ts';
import { chain, get } from './stage.ts';

function onceThenWell(text: string): Script {
  let seen = 0;
  return ({ answer }) => answer(seen++ === 0 ? text : ok());
}

describe('a retry', () => {
  it('heals a status that is named, and no other of its kind', async () => {
    const rules = [{ retry: { statuses: [409], backoff: '0ms' } }];
    const { upstream, client } = await chain(onceThenWell(status(409)), { rules });
    expect((await client.send(get()).response()).status).toBe(200);
    upstream.script = onceThenWell(status(404));
    expect((await client.send(get()).response()).status).toBe(404);
    expect(upstream.requests).toHaveLength(3);
  });

  it('leaves alone an endpoint that wants to be left alone for longer than the policy waits', async () => {
    const rules = [{ retry: { on: ['5xx'], maxRetryAfter: '1s', backoff: '0ms' } }];
    const asks = 'HTTP/1.1 503 Busy\r\ncontent-length: 0\r\nretry-after: 60\r\n\r\n';
    const { upstream, client } = await chain(onceThenWell(asks), { rules });
    expect((await client.send(get()).response()).status).toBe(503);
    expect(upstream.requests).toHaveLength(1);
  });
});
