/** Identities from the control plane to the handshake: real sockets, a control plane, and two sidecars that join it. */
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { AuthorityView, DEFAULT_TRUST_DOMAIN } from '../contracts/authority.ts';
import { tokenFor } from '../contracts/identity-proof.ts';
import { Authority } from '../control/identity/authority.ts';
import { readJoinSecret } from '../control/identity/join-secret.ts';
import { CLOCK_SKEW_MS } from '../control/identity/root.ts';
import { startControl } from '../control/main.ts';
import type { RunningControl } from '../control/main.ts';
import type { IdentityState } from '../proxy/identity/identity.ts';
import { startProxy } from '../proxy/main.ts';
import type { RunningProxy } from '../proxy/main.ts';
import { freePort } from './free-port.ts';
import { loadUntil } from './identity-load.ts';
import { header } from './proxy/naive-http.ts';
import { ask } from './proxy/raw-client.ts';
import { ok, ScriptedUpstream } from './proxy/scripted-upstream.ts';

const apiVersion = 'meshproof.dev/v1';
const log = pino({ level: 'silent' });
const GET = 'GET / HTTP/1.1\r\nhost: shop\r\n\r\n';
const WAIT = { timeout: 20_000, interval: 20 };

const Kept = z.object({ identity: z.object({ certificate: z.string() }) });

type Side = { readonly proxy: RunningProxy; readonly outbound: number };

class Stage {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'meshproof-identity-'));
  readonly #certificateMs: number | undefined;
  upstream!: ScriptedUpstream;
  control!: RunningControl;
  listen = '';
  #inbound = 0;

  private constructor(certificateMs: number | undefined) {
    this.#certificateMs = certificateMs;
  }

  /** @param prepare - what is done in the data directory of the control plane before it starts */
  static async open(certificateMs?: number, prepare?: (dataDir: string) => Promise<void>): Promise<Stage> {
    const stage = new Stage(certificateMs);
    await prepare?.(join(stage.dataDir, 'control'));
    stage.upstream = await ScriptedUpstream.open(({ answer }) => answer(ok()));
    stage.#inbound = await freePort();
    stage.listen = `127.0.0.1:${await freePort()}`;
    await stage.startControl();
    await stage.declare();
    onTestFinished(async () => {
      await stage.control.close();
      stage.upstream.close();
      rmSync(stage.dataDir, { recursive: true });
    });
    return stage;
  }

  async startControl(): Promise<void> {
    const certificateMs = this.#certificateMs;
    const dataDir = join(this.dataDir, 'control');
    const more = certificateMs === undefined ? {} : { certificateMs };
    this.control = await startControl({ listen: this.listen, dataDir, log, ...more });
  }

  async declare(): Promise<void> {
    const service = (name: string, v1: Record<string, unknown>): unknown => ({
      apiVersion,
      kind: 'Service',
      metadata: { name },
      // Connections between the sidecars go as soon as they are unused: there are handshakes all the time.
      spec: { stable: 'v1', versions: { v1 }, resilience: { idleTimeout: '1ms' } },
    });
    const documents = [
      service('shop', { endpoints: [`127.0.0.1:${this.upstream.port}`], inbound: `127.0.0.1:${this.#inbound}` }),
      service('checkout', { endpoints: ['127.0.0.1:1'] }),
      service('spy', { endpoints: ['127.0.0.1:1'] }),
      {
        apiVersion,
        kind: 'AccessPolicy',
        metadata: { name: 'shop' },
        spec: { service: 'shop', rules: [{ from: ['checkout'] }], default: 'deny' },
      },
    ];
    const answer = await fetch(`http://${this.listen}/api/v1/documents`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ documents }),
    });
    expect(answer.status).toBe(200);
  }

  async #authority(): Promise<AuthorityView> {
    return AuthorityView.parse(await (await fetch(`http://${this.listen}/api/v1/ca`)).json());
  }

  /** The oldest first. */
  async roots(): Promise<string[]> {
    return (await this.#authority()).roots.map(({ stage }) => stage);
  }

  /** PEM of each root, the oldest first. */
  async bundle(): Promise<string[]> {
    return (await this.#authority()).bundle
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .filter((pem) => pem.trim() !== '');
  }

  tokenOf(name: string): string {
    return tokenFor(name, readJoinSecret(join(this.dataDir, 'control')) ?? '');
  }

  /** @param token - null: none */
  async sidecar(service: string, token: string | null = this.tokenOf(service)): Promise<Side> {
    const port = await freePort();
    const proxy = await startProxy({
      control: `http://${this.listen}`,
      node: { id: `${service}-sidecar`, role: 'sidecar', gateways: [], service, version: 'v1' },
      outbound: `127.0.0.1:${port}`,
      dataDir: join(this.dataDir, service),
      ...(token === null ? {} : { token }),
      log,
    });
    onTestFinished(() => proxy.close(0));
    return { proxy, outbound: port };
  }
}

const stateOf = ({ proxy }: Side): IdentityState | undefined => proxy.dataplane.metrics().identity;
/** Of the certificate that a sidecar keeps; it is kept soon after it has come. */
function issuerOf({ dataDir }: Stage, side: string): string | undefined {
  const path = join(dataDir, side, 'identity.json');
  if (!existsSync(path)) return undefined;
  const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return new X509Certificate(Kept.parse(file).identity.certificate).issuer;
}
const ready = ({ proxy }: Side): Promise<void> => expect.poll(() => proxy.dataplane.ready(), WAIT).toBe(true);

describe('sidecars that join with a token', () => {
  it('speak mTLS with each other by themselves, each under its own name', async () => {
    const stage = await Stage.open();
    const [shop, checkout, spy] = [
      await stage.sidecar('shop'),
      await stage.sidecar('checkout'),
      await stage.sidecar('spy'),
    ];
    for (const side of [shop, checkout, spy]) await ready(side);
    expect((await ask(checkout.outbound, GET)).status).toBe(200);
    const told = 'By=spiffe://meshproof.local/service/shop;URI=spiffe://meshproof.local/service/checkout';
    expect(stage.upstream.bytes).toContain(`x-forwarded-client-cert: ${told}\r\n`);
    const refused = await ask(spy.outbound, GET);
    expect([refused.status, header(refused, 'x-meshproof-error')]).toEqual([403, 'ACCESS_DENIED']);
    expect(stateOf(shop)).toMatchObject({ name: 'shop', issued: 1, failed: 0 });
    expect(stateOf(shop)?.leftMs).toBeGreaterThan(23 * 3_600_000);
    const view: unknown = await (await fetch(`http://${stage.listen}/api/v1/ca`)).json();
    expect(view).toMatchObject({ trustDomain: 'meshproof.local', issued: 3, refused: 0 });
    const kept = join(stage.dataDir, 'shop', 'identity.json');
    await expect.poll(() => statSync(kept, { throwIfNoEntry: false })?.mode, WAIT).toBe(0o100600);
    expect(readFileSync(kept, 'utf8')).not.toContain(stage.tokenOf('shop'));
  });

  it('get nothing for the name of another one, nor with a token that was made up', async () => {
    const stage = await Stage.open();
    await ready(await stage.sidecar('shop'));
    const thief = await stage.sidecar('checkout', stage.tokenOf('spy'));
    await expect.poll(() => stateOf(thief)?.failed, WAIT).toBeGreaterThan(0);
    expect(stateOf(thief)).toMatchObject({ leftMs: null, issued: 0 });
    await ready(thief);
    expect((await ask(thief.outbound, GET)).status).toBe(503);
    expect(stage.upstream.bytes).toBe('');
  });

  it('are refused a configuration that needs an identity when they have no token', async () => {
    const stage = await Stage.open();
    const nobody = await stage.sidecar('checkout', null);
    const views = async (): Promise<unknown> => (await fetch(`http://${stage.listen}/api/v1/proxies`)).json();
    await expect.poll(views, WAIT).toMatchObject({ proxies: [{ sync: 'NACKED' }] });
    expect(stateOf(nobody)).toBeUndefined();
  });
});

/** Two roots, of which the second signs `inMs` from now on. */
async function rotatedRoots(dataDir: string, lifetimeMs: number, inMs: number): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const madeAtMs = Date.now() + inMs - lifetimeMs - CLOCK_SKEW_MS;
  const wallClock = (): Date => new Date(madeAtMs);
  const authority = await Authority.open({ dataDir, trustDomain: DEFAULT_TRUST_DOMAIN, lifetimeMs, wallClock });
  await authority.rotate();
}

describe('a certificate', () => {
  it('is renewed at about half of its life, again and again, without a lost request or connection', async () => {
    const stage = await Stage.open(4_000);
    const [shop, checkout] = [await stage.sidecar('shop'), await stage.sidecar('checkout')];
    for (const side of [shop, checkout]) await ready(side);
    const connectionsBefore = checkout.proxy.dataplane.metrics().upstreamConnectionsTotal;
    const renewed = (): boolean => [shop, checkout].every((side) => (stateOf(side)?.issued ?? 0) >= 3);
    const { statuses, requests, kept } = await loadUntil(checkout.outbound, () => {
      expect(stateOf(shop)?.leftMs).toBeGreaterThan(0);
      return renewed();
    });
    expect([...statuses]).toEqual([200]);
    expect(requests).toBeGreaterThan(100);
    expect(kept, 'no connection of a client was closed').toBe(true);
    const { upstreamConnectionsTotal } = checkout.proxy.dataplane.metrics();
    expect(upstreamConnectionsTotal - connectionsBefore, 'there were handshakes all the while').toBeGreaterThan(16);
  }, 30_000);

  it('is of a new root some day, without a lost request', async () => {
    const certificateMs = 6_000;
    const stage = await Stage.open(certificateMs, (dataDir) => rotatedRoots(dataDir, certificateMs, 6_000));
    const [shop, checkout] = [await stage.sidecar('shop'), await stage.sidecar('checkout')];
    for (const side of [shop, checkout]) await ready(side);
    expect(await stage.roots()).toEqual(['signing', 'coming']);
    const [first = '', second = ''] = await stage.bundle();
    await expect.poll(() => issuerOf(stage, 'shop'), WAIT).toBe(new X509Certificate(first).subject);
    const next = new X509Certificate(second).subject;
    const { statuses } = await loadUntil(checkout.outbound, () =>
      ['shop', 'checkout'].every((side) => issuerOf(stage, side) === next),
    );
    expect([...statuses]).toEqual([200]);
    expect(await stage.roots()).toEqual(['leaving', 'signing']);
  }, 30_000);

  it('goes on while the control plane is away, also over a restart, and is renewed when it is back', async () => {
    const stage = await Stage.open(16_000);
    const [shop, checkout] = [await stage.sidecar('shop'), await stage.sidecar('checkout')];
    for (const side of [shop, checkout]) await ready(side);
    const kept = join(stage.dataDir, 'shop', 'identity.json');
    await expect.poll(() => statSync(kept, { throwIfNoEntry: false })?.size, WAIT).toBeGreaterThan(0);
    await stage.control.close();
    await shop.proxy.close(0);
    const again = await stage.sidecar('shop');
    expect(stateOf(again)).toMatchObject({ issued: 0, failed: 0 });
    expect((await ask(checkout.outbound, GET)).status).toBe(200);
    await stage.startControl();
    await expect.poll(() => stateOf(again)?.issued, WAIT).toBe(1);
    expect(stateOf(again)?.leftMs).toBeGreaterThan(0);
  }, 30_000);
});
