/** Every answer that the proxy makes itself says so, with a code of the table of errors and that code's status. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_HEADER, ERRORS } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { TestAuthority } from './certificates.ts';
import { HeldClock, documentsOf } from './gateway.ts';
import type { Setup } from './gateway.ts';
import { held, identityOf, meshDocuments, portIn, sidecarOf } from './inbound-stage.ts';
import { header } from './naive-http.ts';
import type { NaiveResponse } from './naive-http.ts';
import { ask } from './raw-client.ts';
import { ok } from './scripted-upstream.ts';
import type { Script } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get, post, upstreamThat } from './stage.ts';
import { proxyOf, tlsPair, withTls } from './tls-stage.ts';

type Provoke = () => Promise<NaiveResponse>;

const WELL: Script = ({ answer }) => answer(ok());

/** What a gateway answers to these bytes. */
function sent(wire: string, setup: Omit<Setup, 'versions'> = {}, script: Script = WELL): Provoke {
  return async () => (await chain(script, setup)).client.send(wire).response();
}

function ruled(rule: Record<string, unknown>, wire = get(), script: Script = WELL): Provoke {
  return sent(wire, { rules: [rule] }, script);
}

/** The second of two requests that are under way at once. */
function secondOf(setup: Omit<Setup, 'versions'>): Provoke {
  return async () => {
    const { gateway, client, upstream } = await chain(() => undefined, setup);
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    return (await clientOf(gateway.port)).send(get()).response();
  };
}

/** An endpoint of HTTPS that shows such a certificate. */
function shown(wish: Parameters<TestAuthority['sign']>[0], isStranger = false): Provoke {
  return async () => {
    const authority = await TestAuthority.make();
    const signer = isStranger ? await TestAuthority.make('stranger') : authority;
    const { near } = await tlsPair(WELL, await signer.sign(wish), { ca: authority.pem });
    return ask(near.port, get());
  };
}

async function slow(): Promise<NaiveResponse> {
  const clock = new HeldClock();
  const { gateway, client } = await chain(WELL, { clock });
  client.send(`${get()}POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nabc`);
  await client.response();
  clock.move(60_000);
  gateway.dataplane.sweep();
  return client.response();
}

async function denied(): Promise<NaiveResponse> {
  const authority = await TestAuthority.make();
  const wish = { endpoint: 1, inbound: '127.0.0.1:0', policy: {} };
  const shop = await sidecarOf('shop', held(await identityOf(authority, 'shop')), meshDocuments(wish));
  const documents = meshDocuments({ ...wish, inbound: shop.inbound });
  const spy = await sidecarOf('spy', held(await identityOf(authority, 'spy')), documents);
  return ask(portIn(spy.outbound), get());
}

async function toHttpProxy(): Promise<NaiveResponse> {
  const documents = documentsOf({ versions: { v1: [1] } }).map((d) =>
    d.kind === 'Gateway' ? { ...d, spec: { listen: '127.0.0.1:0', protocol: 'http-proxy' } } : d,
  );
  return ask((await proxyOf(documents)).port, 'GET http://elsewhere.example/ HTTP/1.1\r\nhost: x\r\n\r\n');
}

async function unknownHost(): Promise<NaiveResponse> {
  const documents = documentsOf({ versions: { v1: [1] } }).map((d) =>
    d.kind === 'Gateway' ? { ...d, spec: { listen: '127.0.0.1:0', hosts: { other: 'shop' } } } : d,
  );
  return ask((await proxyOf(documents)).port, get());
}

async function plainEndpoint(): Promise<NaiveResponse> {
  const upstream = await upstreamThat(({ socket }) => socket.destroy());
  upstream.onConnection = (socket) => void socket.end('no TLS here\r\n\r\n');
  return ask((await proxyOf(withTls(upstream.port, 'Service', {}))).port, get());
}

async function roundAgain(): Promise<NaiveResponse> {
  const { dataplane, port } = await gatewayTo({ versions: { v1: [1] } });
  await dataplane.apply(2, documentsOf({ versions: { v1: [port] } }));
  return ask(port, get());
}

const UPGRADE = get('/', 'connection: upgrade\r\nupgrade: websocket\r\n');

const PROVOKED: Partial<Record<ErrorCode, Provoke>> = {
  HTTP_MALFORMED: sent('GET / HTTP/1.1\r\n\r\n'),
  HTTP_HEAD_TOO_LARGE: sent(get('/', `x-big: ${'x'.repeat(66_000)}\r\n`)),
  HTTP_TARGET_TOO_LONG: sent(get(`/${'x'.repeat(17_000)}`)),
  HTTP_VERSION_UNSUPPORTED: sent('GET / HTTP/2.0\r\nhost: a\r\n\r\n'),
  HTTP_CODING_UNSUPPORTED: sent('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n'),
  HTTP_EXPECTATION_UNSUPPORTED: sent(post('x', 'expect: a-miracle\r\n')),
  HTTP_REQUEST_TIMEOUT: slow,
  METHOD_REFUSED: sent('TRACE / HTTP/1.1\r\nhost: a\r\nmax-forwards: 0\r\n\r\n'),
  BODY_TOO_LARGE: ruled({ maxBody: '1KiB' }, post('x'.repeat(2_000))),
  TUNNEL_UNSUPPORTED: sent(UPGRADE, { protocol: 'http2' }),
  ACCESS_DENIED: denied,
  ROUTE_NOT_FOUND: unknownHost,
  PROXY_HOST_REFUSED: toHttpProxy,
  UPSTREAM_CONNECT_FAILED: async () => ask((await gatewayTo({ versions: { v1: [1] } })).port, get()),
  TLS_FAILED: plainEndpoint,
  TLS_CERTIFICATE_EXPIRED: shown({ lastsMs: -60_000 }),
  TLS_UNKNOWN_CA: shown({}, true),
  TLS_NAME_MISMATCH: shown({ names: [{ type: 'dns', value: 'other.example' }] }),
  UPSTREAM_NO_ENDPOINT: sent(get(), { faults: [{ endpointGone: 1 }] }),
  CIRCUIT_OPEN: secondOf({ resilience: { circuitBreaker: { maxRequests: 1 } } }),
  UPSTREAM_RESET: sent(post(''), {}, ({ socket }) => socket.destroy()),
  UPSTREAM_MALFORMED: sent(get(), {}, ({ answer }) => answer('HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n')),
  UPSTREAM_TIMEOUT: ruled({ timeout: '10ms' }, get(), () => undefined),
  RATE_LIMITED: async () => {
    const { client } = await chain(WELL, { rules: [{ rateLimit: { requests: 1, per: '1h' } }] });
    await client.send(get()).response();
    return client.send(get()).response();
  },
  OVERLOADED: secondOf({ resilience: { admission: { maxInFlight: 1 } } }),
  LOOP_DETECTED: roundAgain,
  FAULT_ABORT: sent(get(), { faults: [{ abort: { status: 503 } }] }),
};

/** Codes of the data plane that no answer to a request carries. */
const NO_ANSWER: Partial<Record<ErrorCode, string>> = {
  HTTP2_FLOOD: 'the connection ends with ENHANCE_YOUR_CALM',
  TLS_HANDSHAKE_REFUSED: 'a client without TLS cannot read an answer',
  FAULT_HEADER_REFUSED: 'the request goes on without the fault',
  CONFIG_REFUSED: 'for operators, through the admin server and the control plane',
  ADDRESS_IN_USE: 'likewise',
  TLS_MATERIAL_INVALID: 'likewise',
  EXPERIMENT_OVERLAP: 'likewise',
};

/** Every code that a file of the data plane names. */
function namedInDataplane(): Set<string> {
  const folders = ['.', 'downstream', 'faults', 'filters', 'http1', 'http2', 'grpc', 'tcp', 'tls', 'hedge', 'upstream'];
  const texts = folders.flatMap((folder) => {
    const url = new URL(`../../proxy/${folder}/`, import.meta.url);
    const files = readdirSync(url).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    return files.filter((name) => name !== 'main.ts').map((name) => readFileSync(new URL(name, url), 'utf8'));
  });
  const words = texts.flatMap((text) => [...text.matchAll(/'([A-Z][A-Z0-9_]+)'/g)].map(([, word]) => word ?? ''));
  return new Set(words.filter((word) => word in ERRORS));
}

describe('an answer of the proxy', () => {
  it.each(Object.entries(PROVOKED))('carries %s, and the status that goes with it', async (code, provoke) => {
    const answer = await provoke();
    expect([header(answer, ERROR_HEADER), answer.status]).toEqual([code, ERRORS[code as ErrorCode].status]);
    expect(answer.body).toMatch(new RegExp(`^${code}: `));
  });

  it('has been provoked here with every code that the data plane knows', () => {
    expect([...namedInDataplane()].sort()).toEqual([...Object.keys(PROVOKED), ...Object.keys(NO_ANSWER)].sort());
  });
});
