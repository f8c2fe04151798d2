import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { isProof, proofOfIssued, proofOfRequest, tokenFor } from '../../contracts/identity-proof.ts';
import type { NodeInfo } from '../../contracts/wire.ts';
import { keyWithRequest } from '../../proxy/identity/certificate-request.ts';
import { Authority } from './authority.ts';
import { Identities } from './identities.ts';

const SECRET = 'a secret of the control plane';
const ALL = { pid: 1, build: 'x' };
const SIDECAR: NodeInfo = { id: 'shop-1', role: 'sidecar', gateways: [], service: 'shop', version: 'v1', ...ALL };
const EDGE: NodeInfo = { id: 'edge', role: 'gateway', gateways: ['edge', 'admin'], ...ALL };

let identities: Identities;
beforeEach(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'meshproof-identities-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const wallClock = (): Date => new Date('2026-03-01T00:00:00Z');
  const authority = await Authority.open({ dataDir, trustDomain: 'test.mesh', lifetimeMs: 60_000, wallClock });
  identities = new Identities(authority, SECRET);
});

function requestOf(name: string, token = tokenFor(name, SECRET)): Parameters<Identities['answer']>[1] {
  const asked = { id: 'a-request-by-chance', name, csr: keyWithRequest().csr };
  return { type: 'identity-request', ...asked, proof: proofOfRequest(asked, token) };
}

describe('who asks for a certificate', () => {
  it('gets one with a proof that who answers knows the token too', async () => {
    for (const [node, name] of [
      [SIDECAR, 'shop'],
      [EDGE, 'gateway/edge'],
    ] as const) {
      const answer = await identities.answer(node, requestOf(name));
      if (answer.type !== 'identity') throw new Error(answer.message);
      expect(isProof(answer.proof, proofOfIssued(answer, tokenFor(name, SECRET)))).toBe(true);
      expect(isProof(answer.proof, proofOfIssued({ ...answer, bundle: '' }, tokenFor(name, SECRET)))).toBe(false);
    }
    expect(identities.view()).toMatchObject({ issued: 2, refused: 0 });
  });

  it.each([
    ['the token of another name', SIDECAR, requestOf('shop', tokenFor('checkout', SECRET))],
    ['a token of another mesh', SIDECAR, requestOf('shop', tokenFor('shop', 'another secret'))],
    ['another name than it stands for', SIDECAR, requestOf('checkout')],
    ['the name of its second gateway', EDGE, requestOf('gateway/admin')],
    ['a key under a proof for another key', SIDECAR, { ...requestOf('shop'), csr: keyWithRequest().csr }],
    ['a proof for another request', SIDECAR, { ...requestOf('shop'), id: 'another-request' }],
    ['what is no request', SIDECAR, nonsense()],
  ])('gets none for %s', async (_, node, request) => {
    expect(await identities.answer(node, request)).toMatchObject({
      type: 'identity-refused',
      code: 'IDENTITY_REFUSED',
    });
    expect(identities.view()).toMatchObject({ issued: 0, refused: 1 });
  });
});

function nonsense(): ReturnType<typeof requestOf> {
  const asked = { id: 'a-request-by-chance', name: 'shop', csr: 'nonsense' };
  return { type: 'identity-request', ...asked, proof: proofOfRequest(asked, tokenFor('shop', SECRET)) };
}
