/** Identities from the control plane to the handshake: real sockets, a control plane, and two sidecars that join it. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tokenFor } from '../contracts/identity-proof.ts';
import { readJoinSecret } from '../control/identity/join-secret.ts';
import { startControl } from '../control/main.ts';
import type { RunningControl } from '../control/main.ts';
import type { IdentityState } from '../proxy/identity/identity.ts';
import { startProxy } from '../proxy/main.ts';
import type { RunningProxy } from '../proxy/main.ts';
import { freePort } from './free-port.ts';
import { header } from './proxy/naive-http.ts';
import { ask, RawClient } from './proxy/raw-client.ts';
import { ok, ScriptedUpstream } from './proxy/scripted-upstream.ts';

const apiVersion = 'meshproof.dev/v1';
const log = pino({ level: 'silent' });
const GET = 'GET / HTTP/1.1\r\nhost: shop\r\n\r\n';
const WAIT = { timeout: 20_000, interval: 20 };

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

  static async open(certificateMs?: number): Promise<Stage> {
    const stage = new Stage(certificateMs);
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
      spec: { stable: 'v1', versions: { v1 } },
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

describe('a certificate', () => {
  it('is renewed at about half of its life, again and again, without a lost request or connection', async () => {
    const stage = await Stage.open(4_000);
    const [shop, checkout] = [await stage.sidecar('shop'), await stage.sidecar('checkout')];
    for (const side of [shop, checkout]) await ready(side);
    const client = await RawClient.open(checkout.outbound);
    const statuses = new Set<number>();
    let asked = 0;
    while ((stateOf(shop)?.issued ?? 0) < 3 || (stateOf(checkout)?.issued ?? 0) < 3) {
      client.send(GET);
      statuses.add((await client.response()).status); // on the connection that stays open
      statuses.add((await ask(checkout.outbound, GET.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n'))).status);
      asked += 2;
      expect(stateOf(shop)?.leftMs).toBeGreaterThan(0);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect([...statuses]).toEqual([200]);
    expect(asked).toBeGreaterThan(20);
    expect(client.ending).toBe('open');
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
