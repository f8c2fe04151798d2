import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Provider } from '../../contracts/check.ts';
import type { Measurement } from '../../experiments/ports.ts';
import { refusalOf } from '../outgoing/address-guard.ts';
import { numberAt } from './json-path.ts';
import { measure } from './measure.ts';

let server: Server;
let base = '';
let seen: { url: string; headers: Record<string, unknown> } = { url: '', headers: {} };
let answer: (response: ServerResponse) => void = (response) => response.end('{}');

beforeEach(async () => {
  seen = { url: '', headers: {} };
  server = createServer((request, response) => {
    seen = { url: request.url ?? '', headers: request.headers };
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const variables = { service: 'reviews', baseline: 'v1', candidate: 'v 2', interval: '10s' };
const ask = (provider: Record<string, unknown>): Promise<Measurement> =>
  measure(Provider.parse({ allowPrivate: true, ...provider }), variables);
const json = (value: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(value));
const prometheus = (result: unknown, resultType = 'vector') =>
  json({ status: 'success', data: { resultType, result } });
const query = () => ask({ prometheus: { address: `${base}/`, query: 'rate(x{v="{{ candidate }}"}[{{interval}}])' } });

describe('Prometheus', () => {
  it('is asked with the variables filled in, and gives its one number', async () => {
    answer = prometheus([{ metric: {}, value: [1, '0.25'] }]);
    expect(await query()).toEqual({ value: 0.25, why: '' });
    expect(new URL(seen.url, base).searchParams.get('query')).toBe('rate(x{v="v 2"}[10s])');
    answer = prometheus([1, '7'], 'scalar');
    expect((await query()).value).toBe(7);
  });

  it.each([
    [prometheus([]), 'found 0 series'],
    [prometheus([{ value: [1, '1'] }, { value: [1, '2'] }]), 'found 2 series'],
    [prometheus([{ value: [1, 'NaN'] }]), 'not a number'],
    [json({ status: 'error', error: 'parse error' }), 'Prometheus: parse error'],
    [json({ hello: 1 }), 'no answer of Prometheus'],
  ])('has no data otherwise, and says why', async (given, why) => {
    answer = given;
    const { value, why: said } = await query();
    expect(value).toBeNull();
    expect(said).toContain(why);
  });
});

describe('any JSON over HTTP', () => {
  it('is asked with its headers, and the variables encoded', async () => {
    answer = json({ data: [{ n: '12.5' }] });
    const web = { url: `${base}/x?v={{candidate}}`, jsonPath: '$.data[0].n', headers: { 'x-key': 'k' } };
    expect(await ask({ web })).toEqual({ value: 12.5, why: '' });
    expect(seen).toMatchObject({ url: '/x?v=v%202', headers: { 'x-key': 'k' } });
  });

  it.each([
    ['a status', (r: ServerResponse) => void r.writeHead(500).end('{"n":1}'), 'answered 500'],
    ['a redirect', (r: ServerResponse) => void r.writeHead(302, { location: '/y' }).end(), 'answered 302'],
    ['no JSON', (r: ServerResponse) => void r.end('<html>'), 'did not answer with JSON'],
    ['too much', (r: ServerResponse) => void r.end(`"${'x'.repeat(1_100_000)}"`), 'more than 1048576 bytes'],
    ['a broken connection', (r: ServerResponse) => void r.destroy(), 'hang up'],
    ['no such place', json({ m: 1 }), 'there is no number at $.n'],
  ])('has no data after %s', async (_what, given, why) => {
    answer = given;
    const { value, why: said } = await ask({ web: { url: base, jsonPath: '$.n' } });
    expect([value, said]).toEqual([null, expect.stringContaining(why)]);
  });

  it('takes no number from a place that is none', () => {
    expect(numberAt({ n: null }, '$.n').value).toBeNull();
    expect(numberAt({ n: '' }, '$.n').value).toBeNull();
    expect(numberAt([], '$.constructor.length').value).toBeNull();
    expect(numberAt(3, '$').value).toBe(3);
  });
});

describe('addresses', () => {
  it('are not asked when they are private, unless the document says so', async () => {
    answer = json({ n: 1 });
    for (const url of [base, base.replace('127.0.0.1', 'localhost'), base.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
      const { value, why } = await ask({ allowPrivate: false, web: { url, jsonPath: '$.n' } });
      expect([value, why]).toEqual([null, expect.stringContaining('is a private address; say allowPrivate')]);
    }
    expect(seen.url).toBe('');
  });

  it.each(['169.254.169.254', 'fe80::1', '::ffff:169.254.169.254', '224.0.0.1'])('%s is never asked', (address) => {
    expect(refusalOf(address, true)).toContain('never asked');
  });

  it('of the public are asked', () => {
    expect(refusalOf('192.0.2.1', false)).toBeUndefined();
    expect(refusalOf('2001:db8::1', false)).toBeUndefined();
  });
});
