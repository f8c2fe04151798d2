/** What Istio's metrics say of requests over real sockets. */
import { expect, it } from 'vitest';
import { renderMetrics } from '../../proxy/metrics/render.ts';
import { documentsOf } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { ok } from './scripted-upstream.ts';
import { chain, get } from './stage.ts';

function series({ dataplane }: Gateway, name: string): string[] {
  const text = renderMetrics(dataplane.metrics(), 'istio');
  return text.split('\n').filter((line) => line.startsWith(name));
}

it('the sizes of bodies are those that went, of small and of streamed ones', async () => {
  const { client, gateway } = await chain(({ answer, request }) =>
    answer(ok('x'.repeat(request.target === '/large' ? 300_000 : 700))),
  );
  await client.send(`POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 5\r\n\r\nhello`).response();
  await client.send(get('/large')).response();
  const sum = (name: string): number => Number(series(gateway, `${name}_sum`)[0]?.split(' ').at(-1));
  expect(sum('istio_request_bytes')).toBe(5);
  expect(sum('istio_response_bytes')).toBe(300_700);
  const within = (bytes: string): number =>
    Number(
      series(gateway, 'istio_response_bytes_bucket')
        .find((l) => l.includes(`le="${bytes}"`))
        ?.split(' ')
        .at(-1),
    );
  expect(['500', '1000', '60000', '300000'].map(within)).toEqual([0, 1, 1, 2]);
});

it('answers of the proxy say why in Envoy’s words', async () => {
  const { client, gateway, upstream } = await chain(({ answer }) => answer(ok()), {
    faults: [{ at: 'request', match: { path: { exact: '/abort' } }, abort: { status: 503 } }],
  });
  await client.send(get()).response();
  await client.send(get('/abort')).response();
  upstream.script = ({ socket }) => socket.destroy();
  await client.send('POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\n\r\n').response();
  const flags = series(gateway, 'istio_requests_total').map((line) =>
    /response_code="(\d+)".*response_flags="([^"]*)"} (\d+)/.exec(line)?.slice(1).join(' '),
  );
  expect(flags.sort()).toEqual(['200 - 1', '502 UC 1', '503 FI 1']);
});

it('names that come with every release do not pile up', async () => {
  const { client, gateway, upstream } = await chain(({ answer }) => answer(ok()));
  for (let release = 1; release <= 420; release++) {
    const rules = [{ name: `release-${release}`, timeout: '5s' }];
    await gateway.dataplane.apply(release + 1, documentsOf({ versions: { v1: [upstream.port] }, rules }));
    if (release % 60 === 0) await client.send(get()).response();
  }
  const { traffic } = gateway.dataplane.metrics();
  // Each release had a counter for v1, one for requests without a version, and both for `default`.
  expect(traffic.length).toBeLessThan(220);
  expect(traffic.filter(({ route }) => route === 'release-420' || route === 'default')).toHaveLength(4);
});
