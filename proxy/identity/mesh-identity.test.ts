import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { proofOfIssued, tokenFor } from '../../contracts/identity-proof.ts';
import { spiffeId } from '../../contracts/spiffe.ts';
import { keyWithRequest } from './certificate-request.ts';
import type { Kept } from './identity-store.ts';
import type { Issued } from './issued.ts';
import { MeshIdentity } from './mesh-identity.ts';
import type { Asking } from './mesh-identity.ts';

const TOKEN = tokenFor('shop', 'secret');
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const LASTS_MS = 100_000;
const START = Date.parse('2026-03-01T00:00:00Z');
const signer = webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);

let nowMs: number;
let asked: Asking[];
let kept: Kept | undefined;
let identity: MeshIdentity;
beforeEach(() => {
  nowMs = 0;
  asked = [];
  kept = undefined;
  identity = made();
});

function made(): MeshIdentity {
  return new MeshIdentity({
    name: 'shop',
    token: TOKEN,
    clock: { nowMs: () => nowMs },
    wallMs: () => START + nowMs,
    random: () => 0.5,
    store: {
      load: () => Promise.resolve(kept),
      save: (saved) => {
        kept = saved;
        return Promise.resolve();
      },
    },
    log: pino({ level: 'silent' }),
  });
}

const connect = (): void => identity.connected((message) => asked.push(message));
function tickUntil(untilMs: number): void {
  while (nowMs < untilMs) {
    nowMs = Math.min(nowMs + 100, untilMs);
    identity.tick();
  }
}

type Lie = { readonly csr?: string; readonly name?: string; readonly token?: string; readonly endsMs?: number };

/** The answer of a control plane, with whatever is wrong in it. */
async function answer(to: Asking | undefined, lie: Lie = {}): Promise<Issued> {
  if (!to) throw new Error('nothing was asked');
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: '01',
    publicKey: new x509.Pkcs10CertificateRequest(lie.csr ?? to.csr).publicKey,
    signingKey: (await signer).privateKey,
    signingAlgorithm: EC,
    notBefore: new Date(START + nowMs - 1_000),
    notAfter: new Date(lie.endsMs ?? START + nowMs + LASTS_MS),
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: spiffeId('test.mesh', lie.name ?? 'shop') }]),
    ],
  });
  const said = { id: to.id, trustDomain: 'test.mesh', certificate: certificate.toString('pem'), bundle: 'roots' };
  return { type: 'identity', ...said, proof: proofOfIssued(said, lie.token ?? TOKEN) };
}

describe('the identity of a proxy', () => {
  it('is asked for as soon as there is a connection, without the token, and once', async () => {
    tickUntil(1_000);
    expect(asked).toEqual([]);
    connect();
    tickUntil(2_000);
    expect(asked).toHaveLength(1);
    expect(JSON.stringify(asked)).not.toContain(TOKEN);
    let changes = 0;
    identity.onChange = () => changes++;
    identity.take(await answer(asked[0]));
    expect(identity.current()).toMatchObject({ trustDomain: 'test.mesh', name: 'shop', bundle: 'roots' });
    expect([identity.state(), changes]).toEqual([{ name: 'shop', leftMs: LASTS_MS, issued: 1, failed: 0 }, 1]);
  });

  it('is renewed at half of its life, with another key, and is there all the while', async () => {
    connect();
    identity.take(await answer(asked[0]));
    const first = identity.current();
    tickUntil(LASTS_MS / 2 - 100);
    expect(asked).toHaveLength(1);
    tickUntil(LASTS_MS / 2);
    expect(asked).toHaveLength(2);
    expect(identity.current()).toBe(first);
    identity.take(await answer(asked[1]));
    expect(identity.current()?.key).not.toBe(first?.key);
    expect(identity.state()).toMatchObject({ leftMs: LASTS_MS, issued: 2 });
  });

  it('is not taken from who does not know the token, nor for another name or key, nor when it is over', async () => {
    connect();
    const { csr } = keyWithRequest();
    const lies: Lie[] = [{ token: tokenFor('shop', 'guessed') }, { name: 'spy' }, { csr }, { endsMs: START - 500 }];
    for (const [i, lie] of lies.entries()) {
      identity.take(await answer(asked.at(-1), lie));
      expect(identity.state()).toMatchObject({ leftMs: null, issued: 0, failed: i + 1 });
      for (const before = asked.length; asked.length === before;) tickUntil(nowMs + 100);
    }
  });

  it('is not taken from an answer to a request that was given up', async () => {
    connect();
    const late = await answer(asked[0]);
    tickUntil(7_000);
    expect(asked.length, 'no answer for five seconds: it asked again').toBe(2);
    identity.take(late);
    expect(identity.current()).toBeUndefined();
  });

  it('goes on to its end while nobody answers, and is asked for ever less often', async () => {
    connect();
    identity.take(await answer(asked[0]));
    const refuse = (): void => {
      const id = asked.at(-1)?.id ?? '';
      identity.take({ type: 'identity-refused', id, code: 'IDENTITY_REFUSED', message: 'no' });
    };
    tickUntil(LASTS_MS / 2);
    for (let seen = 1; nowMs < LASTS_MS + 60_000; tickUntil(nowMs + 100)) {
      if (asked.length > seen) refuse();
      seen = asked.length;
    }
    expect(asked.length).toBeLessThan(15);
    expect(identity.current()?.name).toBe('shop');
    expect(identity.state().leftMs).toBeLessThan(0);
  });

  it('is taken up again after a restart, until there is a new one, unless it is over or of another name', async () => {
    connect();
    identity.take(await answer(asked[0]));
    const restarted = async (): Promise<MeshIdentity> => {
      const again = made();
      await again.restore();
      return again;
    };
    const again = await restarted();
    expect(again.current()).toEqual(identity.current());
    again.connected((message) => asked.push(message));
    expect(asked, 'a new one is asked for at once').toHaveLength(2);
    again.take(await answer(asked[1]));
    again.tick();
    expect(asked).toHaveLength(2);
    const saved = kept;
    kept = saved && { ...saved, identity: { ...saved.identity, name: 'checkout' } };
    expect((await restarted()).current()).toBeUndefined();
    kept = saved;
    nowMs = LASTS_MS;
    expect((await restarted()).current()).toBeUndefined();
  });
});
