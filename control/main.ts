/**
 * Starts a control plane: lock the data directory, open the store, take up the experiments of the journal, then listen.
 * Closing it leaves running experiments as they are; the next start takes them up.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MeshproofError } from '../contracts/errors.ts';
import { parseAddress } from '../contracts/units.ts';
import { isLoopback } from './api/origin.ts';
import { createServer } from './api/server.ts';
import { ControlPlane } from './control-plane.ts';
import { lockDataDir } from './data-dir.ts';
import type { Log } from './log.ts';
import { openStore } from './store/libsql-store.ts';

export type ControlOptions = {
  /** host:port; port 0 takes a free one. */
  readonly listen: string;
  readonly dataDir: string;
  readonly log: Log;
  readonly version?: string;
};

export type RunningControl = { readonly address: string; readonly plane: ControlPlane; close(): Promise<void> };

/** @throws MeshproofError REQUEST_INVALID for a bad address, ADDRESS_IN_USE for a taken address or data directory */
export async function startControl({
  listen,
  dataDir,
  log,
  version = '0.0.0',
}: ControlOptions): Promise<RunningControl> {
  const address = parseAddress(listen);
  if (!address)
    throw new MeshproofError(
      'REQUEST_INVALID',
      `"${listen}" is not an address; write host:port, such as 127.0.0.1:9900`,
    );
  const unlock = lockDataDir(dataDir);
  try {
    const wallClock = (): Date => new Date();
    const store = await openStore(`file:${resolve(dataDir, 'meshproof.db')}`, wallClock);
    const plane = await ControlPlane.open(store, { wallClock, nowMs: () => performance.now(), log });
    const app = await createServer({
      plane,
      version,
      onLoopback: isLoopback(address.host),
      dashboard: dashboardFolder(),
      log,
    });
    try {
      await app.listen({ host: address.host, port: address.port });
    } catch (error) {
      await plane.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      throw new MeshproofError(
        'ADDRESS_IN_USE',
        `${listen} is taken by another program; stop it or choose another --listen`,
        { cause: error },
      );
    }
    const bound = app.server.address();
    const shown =
      typeof bound === 'object' && bound ? `${listen.slice(0, listen.lastIndexOf(':'))}:${bound.port}` : listen;
    log.info({ address: shown, dataDir }, 'the control plane listens');
    return {
      address: shown,
      plane,
      async close() {
        await app.close();
        await plane.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** dist/ui, from dist/control/main.js as well as from control/main.ts. */
function dashboardFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const above = dirname(here);
  return above.endsWith('dist') ? join(above, 'ui') : join(above, 'dist', 'ui');
}
