/**
 * Starts a control plane: lock the data directory, open the store, take up the experiments of the journal, then listen.
 * Closing it leaves running experiments as they are; the next start takes them up.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { DEFAULT_LIFETIME_MS, DEFAULT_TRUST_DOMAIN } from '../contracts/authority.ts';
import { MeshproofError } from '../contracts/errors.ts';
import { parseAddress } from '../contracts/units.ts';
import type { Address } from '../contracts/units.ts';
import { isLoopback } from './api/origin.ts';
import { createServer } from './api/server.ts';
import { ControlPlane } from './control-plane.ts';
import { lockDataDir } from './data-dir.ts';
import type { Log } from './log.ts';
import { Secrets } from './outgoing/secrets.ts';
import { Authority } from './identity/authority.ts';
import { Identities } from './identity/identities.ts';
import { joinSecretOf } from './identity/join-secret.ts';
import { openStore } from './store/libsql-store.ts';

export type ControlOptions = {
  /** host:port; port 0 takes a free one. */
  readonly listen: string;
  readonly dataDir: string;
  readonly log: Log;
  readonly version?: string;
  /** The folder of secrets that documents name; default: `secrets` in the data directory. */
  readonly secretsDir?: string | undefined;
  /** Of the SPIFFE ids of this mesh. */
  readonly trustDomain?: string;
  /** How long the certificates of proxies last. */
  readonly certificateMs?: number;
};

export type RunningControl = { readonly address: string; readonly plane: ControlPlane; close(): Promise<void> };

/**
 * @throws MeshproofError REQUEST_INVALID for a bad address, ADDRESS_IN_USE for a taken address or data directory,
 * IDENTITY_ROOT_INVALID for an authority that cannot be used
 */
export async function startControl({
  listen,
  dataDir,
  log,
  version = '0.0.0',
  secretsDir = join(dataDir, 'secrets'),
  trustDomain = DEFAULT_TRUST_DOMAIN,
  certificateMs: lifetimeMs = DEFAULT_LIFETIME_MS,
}: ControlOptions): Promise<RunningControl> {
  const address = parseAddress(listen);
  if (!address)
    throw new MeshproofError(
      'REQUEST_INVALID',
      `"${listen}" is not an address; write host:port, such as 127.0.0.1:9900`,
    );
  // Released in the opposite order of taking, by a start that fails as well as by the end.
  const releases: (() => Promise<void> | void)[] = [await lockDataDir(dataDir)];
  const close = async (): Promise<void> => {
    for (const release of releases.splice(0).reverse()) await release();
  };
  try {
    const wallClock = (): Date => new Date();
    const store = await openStore(pathToFileURL(join(dataDir, 'meshproof.db')).href, wallClock);
    releases.push(() => store.close());
    const authority = await Authority.open({ dataDir, trustDomain, lifetimeMs, wallClock });
    const identities = new Identities(authority, joinSecretOf(dataDir));
    const plane = await ControlPlane.open(store, {
      wallClock,
      nowMs: () => performance.now(),
      identities,
      log,
      secrets: new Secrets(secretsDir, process.env),
    });
    releases.push(() => plane.close());
    const onLoopback = isLoopback(address.host);
    const app = await createServer({ plane, version, onLoopback, dashboard: dashboardFolder(), log });
    releases.push(() => app.close());
    await listenOn(app, address, listen);
    const bound = app.server.address();
    const shown =
      typeof bound === 'object' && bound ? `${listen.slice(0, listen.lastIndexOf(':'))}:${bound.port}` : listen;
    log.info({ address: shown, dataDir }, 'the control plane listens');
    return { address: shown, plane, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listenOn(app: FastifyInstance, { host, port }: Address, listen: string): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new MeshproofError(
      'ADDRESS_IN_USE',
      `${listen} is taken by another program; stop it or choose another --listen`,
      { cause: error },
    );
  }
}

/** dist/ui, from dist/control/main.js as well as from control/main.ts. */
function dashboardFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const above = dirname(here);
  return above.endsWith('dist') ? join(above, 'ui') : join(above, 'dist', 'ui');
}
