/** Taps of one proxy, over real sockets. */
import { describe, expect, it } from 'vitest';
import { TapSpec } from '../../contracts/tap.ts';
import type { TapEvent } from '../../contracts/tap.ts';
import { Taps } from '../../proxy/tap/taps.ts';
import { HeldClock } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { ok, status } from './scripted-upstream.ts';
import { chain, get } from './stage.ts';

type Tapped = {
  readonly events: TapEvent[];
  skipped: number;
  readonly refused: string | undefined;
  readonly taps: Taps;
};

function tapOf({ dataplane }: Gateway, spec: Record<string, unknown>, keepsUp: () => boolean = () => true): Tapped {
  const taps = new Taps(dataplane, new HeldClock(), () => 0);
  const events: TapEvent[] = [];
  const refused = taps.start('t', TapSpec.parse(spec), (batch, skipped) => {
    if (!keepsUp()) return false;
    events.push(...batch);
    tapped.skipped += skipped;
    return true;
  });
  const tapped: Tapped = { events, skipped: 0, refused, taps };
  return tapped;
}

async function stage(): Promise<Awaited<ReturnType<typeof chain>>> {
  return chain(({ request: { target }, answer }) => answer(target.startsWith('/bad') ? status(500) : ok()));
}

describe('a tap', () => {
  it('shows the requests that its filter lets pass, as the access log would', async () => {
    const { client, gateway } = await stage();
    const tapped = tapOf(gateway, { where: 'status >= 500 and path ^= "/bad"' });
    for (const path of ['/good', '/bad/1', '/other', '/bad/2']) await client.send(get(path)).response();
    await expect.poll(() => tapped.events.map((e) => e.path)).toEqual(['/bad/1', '/bad/2']);
    expect(tapped.events[0]).toMatchObject({
      method: 'GET',
      host: 'shop',
      status: 500,
      service: 'shop',
      version: 'v1',
    });
    expect(tapped.events[0]?.headers).toBeUndefined();
  });

  it('shows heads where they are asked for, and nothing secret in them', async () => {
    const { client, gateway } = await stage();
    const tapped = tapOf(gateway, { headers: true });
    const secrets = 'authorization: Bearer abc\r\nCookie: sid=abc\r\nX-Api-Key: abc\r\nx-meshproof-fault: abc\r\n';
    await client
      .send(get('/a?q=1&access_token=abc&api%4Bey=abc', `${secrets}x-tenant: acme\r\nx-long: ${'l'.repeat(900)}\r\n`))
      .response();
    await expect.poll(() => tapped.events.length).toBe(1);
    expect(JSON.stringify(tapped.events)).not.toContain('abc');
    const headers = Object.fromEntries(tapped.events[0]?.headers ?? []);
    expect(headers).toMatchObject({ host: 'shop', authorization: 'redacted', cookie: 'redacted', 'x-tenant': 'acme' });
    expect(headers['x-long']).toHaveLength(256);
    expect(tapped.events[0]?.path).toBe('/a?q=1&access_token=redacted&api%4Bey=redacted');
  });

  it('cannot be used to guess what it does not show', async () => {
    const { client, gateway } = await stage();
    const tapped = tapOf(gateway, { where: 'path *= "token=abc" or path == "/end"' });
    await client.send(get('/a?token=abc')).response();
    await client.send(get('/end')).response();
    await expect.poll(() => tapped.events.map((e) => e.path)).toEqual(['/end']);
    expect(tapOf(gateway, { where: 'header("cookie") ^= s' }).refused).toContain('kept secret');
  });

  it('shows so many a second and counts the rest', async () => {
    const { client, gateway } = await stage();
    const tapped = tapOf(gateway, { maxPerSecond: 2 });
    for (let i = 0; i < 5; i++) await client.send(get()).response();
    await expect.poll(() => [tapped.events.length, tapped.skipped]).toEqual([2, 3]);
  });

  it('is of one service where it names one', async () => {
    const { client, gateway } = await stage();
    const tapped = [tapOf(gateway, { service: 'other' }), tapOf(gateway, { service: 'shop' })];
    await client.send(get()).response();
    await expect.poll(() => tapped[1]?.events.length).toBe(1);
    expect(tapped[0]?.events).toEqual([]);
  });

  it('counts what could not be sent, and tells of it later', async () => {
    const { client, gateway } = await stage();
    let keepsUp = false;
    let asked = 0;
    const tapped = tapOf(gateway, {}, () => (asked++, keepsUp));
    await client.send(get('/lost')).response();
    await expect.poll(() => asked).toBe(1);
    keepsUp = true;
    await client.send(get('/seen')).response();
    await expect.poll(() => tapped.events.map((e) => e.path)).toEqual(['/seen']);
    expect(tapped.skipped).toBe(1);
  });

  it('sees nothing once it is stopped', async () => {
    const { client, gateway } = await stage();
    const tapped = tapOf(gateway, {});
    tapped.taps.stop('t');
    await client.send(get()).response();
    tapped.taps.start('u', TapSpec.parse({}), () => true);
    tapped.taps.stopAll();
    await client.send(get()).response();
    expect(tapped.events).toEqual([]);
  });
});
