/** A shadow experiment over real sockets: three answers to one request, paired, redacted, and never waited for. */
import { describe, expect, it } from 'vitest';
import type { ComparisonSample, Comparisons, OverlayShadow } from '../../contracts/comparison.ts';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { HeldClock, overlay } from './gateway.ts';
import { askHttp2, http2Client, http2Upstream } from './http2-stage.ts';
import type { RawClient } from './raw-client.ts';
import { ok } from './scripted-upstream.ts';
import type { Script, ScriptedUpstream } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, post, upstreamThat } from './stage.ts';

const SETTINGS: OverlayShadow = {
  mirrorPpm: 1_000_000,
  comparePpm: 1_000_000,
  writes: 'never',
  maxComparedPerSecond: 1_000,
  maxBodyBytes: 1_000,
  redact: ['set-cookie', 'token'],
};

type Stage = { dataplane: Dataplane; client: RawClient; v1: ScriptedUpstream; v2: ScriptedUpstream; clock: HeldClock };

async function stage(baseline: Script, candidate: Script, settings: Partial<OverlayShadow> = {}): Promise<Stage> {
  const v1 = await upstreamThat(baseline);
  const v2 = await upstreamThat(candidate);
  const clock = new HeldClock();
  const { dataplane, port } = await gatewayTo({ clock, versions: { v1: [v1.port], v2: [v2.port] } });
  dataplane.setOverlays([overlay({ candidatePpm: 0, leaseMs: 60_000, shadow: { ...SETTINGS, ...settings } })]);
  return { dataplane, client: await clientOf(port), v1, v2, clock };
}

const json = (value: unknown, fields = ''): string => {
  const body = JSON.stringify(value);
  return `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n${fields}\r\n${body}`;
};

/** What was reported until so many samples and drops had come. */
async function reported(dataplane: Dataplane, count: number): Promise<Comparisons> {
  const all: ComparisonSample[] = [];
  let [mirrored, dropped] = [0, 0];
  await expect
    .poll(() => {
      for (const part of dataplane.takeTelemetry().comparisons ?? []) {
        all.push(...part.samples);
        mirrored += part.mirrored;
        dropped += part.dropped;
      }
      return all.length + dropped;
    })
    .toBe(count);
  return { experimentId: 'run-1', samples: all, mirrored, dropped };
}

describe('a request that is compared', () => {
  it('has the answer of the user, of the candidate, and of the baseline asked again', async () => {
    let calls = 0;
    const { dataplane, client, v1, v2 } = await stage(
      ({ answer }) => answer(json({ id: ++calls })),
      ({ answer }) => answer(json({ id: 'x' }, 'x-new: yes\r\n')),
    );
    const { body } = await client.send(get('/things/7?secret=1')).response();
    const { samples, mirrored } = await reported(dataplane, 1);
    expect(mirrored).toBe(1);
    expect([v1.requests.length, v2.requests.length]).toEqual([2, 1]);
    const [sample] = samples;
    expect(sample).toMatchObject({ experimentId: 'run-1', epoch: 1, method: 'GET', path: '/things/7' });
    expect(sample?.baseline).toMatchObject({ status: 200, body: { kind: 'json', value: JSON.parse(body) } });
    expect(sample?.again.body).toMatchObject({ kind: 'json' });
    expect(sample?.candidate.body).toEqual({ kind: 'json', value: { id: 'x' } });
    expect(sample?.candidate.headers).toEqual({ 'content-type': 'application/json', 'x-new': 'yes' });
  });

  it('leaves the user with the very bytes of the baseline, in chunks too', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{"a\r\n4\r\n":1}\r\n0\r\n\r\n';
    const { dataplane, client } = await stage(
      ({ answer }) => answer(chunked),
      ({ answer }) => answer(chunked),
    );
    for (let i = 0; i < 3; i++) expect((await client.send(get()).response()).body).toBe('{"a":1}');
    const { samples } = await reported(dataplane, 3);
    for (const { baseline, candidate, again } of samples)
      for (const { body } of [baseline, candidate, again]) expect(body).toEqual({ kind: 'json', value: { a: 1 } });
  });

  it('is compared over HTTP/2 too, from the client to both versions', async () => {
    const versionThat = (id: string) =>
      http2Upstream((stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/json', 'set-cookie': ['token=hunter2', 'b=1'] });
        stream.end(JSON.stringify({ id, token: 'hunter2' }));
      });
    const [v1, v2] = [await versionThat('a'), await versionThat('b')];
    const versions = { v1: [v1.port], v2: [v2.port] };
    const { dataplane, port } = await gatewayTo({ versions, protocol: 'http2' });
    dataplane.setOverlays([overlay({ candidatePpm: 0, leaseMs: 60_000, shadow: SETTINGS })]);
    const { body } = await askHttp2(http2Client(port), { ':path': '/things' });
    expect(JSON.parse(body)).toEqual({ id: 'a', token: 'hunter2' });
    const [sample] = (await reported(dataplane, 1)).samples;
    expect(sample).toMatchObject({ method: 'GET', path: '/things' });
    expect(sample?.baseline.body).toMatchObject({ kind: 'json', value: { id: 'a' } });
    expect(sample?.candidate.body).toMatchObject({ kind: 'json', value: { id: 'b' } });
    expect(sample?.again).toMatchObject({ headers: sample?.baseline.headers, body: sample?.baseline.body });
    expect(JSON.stringify(sample)).not.toContain('hunter2');
  });

  it('without a body is compared by its head', async () => {
    const none: Script = ({ answer }) => answer('HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n');
    const { dataplane, client } = await stage(none, none);
    await client.send(get()).response();
    const [sample] = (await reported(dataplane, 1)).samples;
    expect(sample?.baseline).toMatchObject({ status: 204, headers: { 'x-a': '1' }, body: { kind: 'none' } });
    expect(sample?.candidate).toMatchObject({ status: 204, body: { kind: 'none' } });
  });

  it('says that no answer came where a version breaks', async () => {
    const { dataplane, client } = await stage(
      ({ answer }) => answer(ok('fine')),
      ({ socket }) => socket.destroy(),
    );
    expect((await client.send(get()).response()).body).toBe('fine');
    const [sample] = (await reported(dataplane, 1)).samples;
    expect(sample?.candidate).toMatchObject({ status: 0, headers: {}, body: { kind: 'none' } });
  });
});

describe('what leaves the proxy', () => {
  it('holds no named field, only digests that tell whether it was the same', async () => {
    const answers = (token: string): Script => {
      const value = { deep: [{ Token: token, user: 'ada' }] };
      return ({ answer }) => answer(json(value, `set-cookie: session=${token}\r\n`));
    };
    const { dataplane, client } = await stage(answers('hunter2'), answers('hunter3'));
    await client.send(get()).response();
    const { samples } = await reported(dataplane, 1);
    expect(JSON.stringify(samples)).not.toContain('hunter');
    expect(JSON.stringify(samples)).toContain('"user":"ada"');
    const [sample] = samples;
    expect(sample?.baseline.headers['set-cookie']).toMatch(/^redacted:[0-9a-f]{16}$/);
    expect(sample?.again).toMatchObject({ headers: sample?.baseline.headers, body: sample?.baseline.body });
    expect(sample?.candidate.body).not.toEqual(sample?.baseline.body);
    expect(sample?.candidate.headers['set-cookie']).not.toBe(sample?.baseline.headers['set-cookie']);
  });

  it('holds no named field in a link or a list of parameters either', async () => {
    const answers = (token: string): Script => {
      const fields = `location: /next?page=2&Token=${token}#end\r\nx-auth: Bearer realm="a", token="${token}"\r\n`;
      return ({ answer }) => answer(json({ next: `https://shop/?token=${token}`, text: 'mytoken=shown' }, fields));
    };
    const { dataplane, client } = await stage(answers('hunter2'), answers('hunter3'));
    await client.send(get()).response();
    const [sample] = (await reported(dataplane, 1)).samples;
    expect(JSON.stringify(sample)).not.toContain('hunter');
    expect(sample?.baseline.headers['location']).toMatch(/^\/next\?page=2&Token=redacted:[0-9a-f]{16}#end$/);
    expect(sample?.baseline.headers['x-auth']).toMatch(/^Bearer realm="a", token="redacted:[0-9a-f]{16}"$/);
    expect(sample?.baseline.body).toMatchObject({ value: { text: 'mytoken=shown' } });
    expect(sample?.again).toMatchObject({ headers: sample?.baseline.headers, body: sample?.baseline.body });
    expect(sample?.candidate.body).not.toEqual(sample?.baseline.body);
  });

  it('holds nothing of a body that is no JSON, or longer than the cap', async () => {
    const text: Script = ({ answer }) => answer(ok('password=hunter2'));
    const long: Script = ({ answer }) => answer(json({ password: 'hunter2'.repeat(1_000) }));
    const { dataplane, client } = await stage(text, long);
    await client.send(get()).response();
    const [sample] = (await reported(dataplane, 1)).samples;
    expect(JSON.stringify(sample)).not.toContain('hunter2');
    expect(sample?.baseline.body).toMatchObject({ kind: 'bytes', bytes: 16, cut: false });
    expect(sample?.again.body).toEqual(sample?.baseline.body);
    expect(sample?.candidate.body).toMatchObject({ kind: 'bytes', bytes: 1_000, cut: true });
  });
});

describe('the cost of comparing', () => {
  it('is bounded by a rate: more requests are mirrored and not compared', async () => {
    const fine: Script = ({ answer }) => answer(json({ a: 1 }));
    const { dataplane, client, v1, v2 } = await stage(fine, fine, { maxComparedPerSecond: 2 });
    for (let i = 0; i < 5; i++) await client.send(get()).response();
    const { mirrored } = await reported(dataplane, 2);
    expect(mirrored).toBe(5);
    await v2.until(() => v2.requests.length === 5);
    expect(v1.requests).toHaveLength(7);
  });

  it('is no wait: a candidate that never answers is counted as no answer', async () => {
    const { dataplane, client, clock } = await stage(
      ({ answer }) => answer(ok('fine')),
      () => undefined,
    );
    expect((await client.send(get()).response()).body).toBe('fine');
    clock.move(16_000);
    expect((await reported(dataplane, 1)).samples[0]?.candidate.status).toBe(0);
  });

  it('is nothing once the lease is over', async () => {
    const fine: Script = ({ answer }) => answer(ok('fine'));
    const { client, clock, v1, v2 } = await stage(fine, fine);
    clock.move(61_000);
    await client.send(get()).response();
    expect([v1.requests.length, v2.requests.length]).toEqual([1, 0]);
  });
});

describe('writes', () => {
  const fine: Script = ({ answer }) => answer(ok('fine'));
  const counts = async (writes: OverlayShadow['writes']): Promise<readonly number[]> => {
    const { client, v1, v2 } = await stage(fine, fine, { writes });
    await client.send(post('order')).response();
    await client.send(get()).response(); // is copied to both, whatever `writes` says
    await v1.until(() => v1.requests.filter((r) => r.body === '').length === 2);
    await v2.until(() => v2.requests.some((r) => r.body === ''));
    return [v1, v2].map((v) => v.requests.filter((r) => r.body === 'order').length);
  };

  it('are copied to nobody, to the candidate only, or to the baseline too: only as the experiment says', async () => {
    expect(await counts('never')).toEqual([1, 0]);
    expect(await counts('candidate')).toEqual([1, 1]);
    expect(await counts('both')).toEqual([2, 1]);
  });
});
