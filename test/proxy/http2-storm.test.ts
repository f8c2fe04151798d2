/** Many requests of HTTP/2 on both sides, of which many break in many ways: nothing may be left behind. */
import { constants } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import { expect, it } from 'vitest';
import { Random } from '../../proxy/random.ts';
import { askHttp2, http2Client, http2Upstream } from './http2-stage.ts';
import { gatewayTo } from './stage.ts';

const ROUNDS = 30;
const AT_ONCE = 40;
const BODY = 'x'.repeat(100_000);

/** What the endpoint does with one request. */
function behave(stream: ServerHttp2Stream, kind: number): void {
  if (kind === 0) stream.close(constants.NGHTTP2_REFUSED_STREAM);
  else if (kind === 1) stream.destroy(new Error('broken'));
  else if (kind === 2) stream.respond({ ':status': 200 }, { endStream: true });
  else if (kind === 3) {
    stream.respond({ ':status': 200 });
    stream.write(BODY);
    setImmediate(() => stream.destroy(new Error('broken')));
  } else {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'yes' }));
    stream.pipe(stream);
  }
}

it('a storm of cancels, resets and refusals leaves no request, stream or connection behind', async () => {
  const random = new Random(11);
  const below = (n: number): number => Math.floor((random.ppm() / 1_000_000) * n);
  const upstream = await http2Upstream((stream, headers) => {
    if (headers[':path'] === '/calm') stream.respond({ ':status': 200 }, { endStream: true });
    else behave(stream, below(8));
  });
  const gateway = await gatewayTo({ versions: { v1: [upstream.port] }, protocol: 'http2' });
  let whole = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const session = http2Client(gateway.port);
    const ends = Array.from({ length: AT_ONCE }, () => {
      if (below(6) > 0) return askHttp2(session, { ':method': 'POST', ':path': '/' }, BODY);
      const stream = session.request({ ':method': 'POST', ':path': '/', ':authority': 'shop' });
      stream.write(BODY);
      const cancel = (): void => stream.close(constants.NGHTTP2_CANCEL);
      if (below(2) === 0) setImmediate(cancel);
      else stream.once('response', cancel);
      return new Promise<undefined>((resolve) => {
        stream.on('error', () => undefined).resume();
        stream.once('close', () => resolve(undefined));
      });
    });
    if (below(5) === 0) setImmediate(() => session.destroy());
    for (const end of await Promise.allSettled(ends)) {
      if (end.status === 'rejected' || end.value?.trailers['x-sum'] !== 'yes') continue;
      expect(end.value.body).toBe(BODY);
      whole++;
    }
    session.destroy();
  }
  expect(whole).toBeGreaterThan(100);
  const calm = await askHttp2(http2Client(gateway.port), { ':path': '/calm' });
  expect(calm.headers[':status']).toBe(200);
  await expect.poll(() => gateway.dataplane.metrics().requestsInFlight, { timeout: 15_000 }).toBe(0);
  await expect.poll(() => gateway.dataplane.metrics().downstreamConnections, { timeout: 15_000 }).toBe(1);
  const { upstreamConnections } = gateway.dataplane.metrics();
  expect(upstreamConnections).toBeLessThanOrEqual(8);
}, 60_000);
