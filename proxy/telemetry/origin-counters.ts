/** Where an arm's first attempts came from and went to, so that a cluster of failures is told from failures everywhere. */
import type { ArmRow } from '../../contracts/telemetry.ts';
import { mix } from '../random.ts';

/** Clients by hash of their key: two that share a group are one client here. */
const CLIENT_GROUPS = 64;
/** Of endpoints in one report; what goes beyond is counted and not told apart. */
const MAX_ENDPOINTS = 512;

export const NO_CLIENT = -1;

type Count = { requests: number; errors: number };

export class OriginCounters {
  readonly #clients = new Map<number, Count>();
  readonly #endpoints = new Map<string, Count>();

  /** @param point - where the client's key lies, or NO_CLIENT @param address - undefined: no endpoint was reached */
  record(failed: boolean, point: number, address: string | undefined): void {
    if (point !== NO_CLIENT) add(this.#clients, mix(point) % CLIENT_GROUPS, failed, CLIENT_GROUPS);
    if (address !== undefined) add(this.#endpoints, address, failed, MAX_ENDPOINTS);
  }

  /** What came since the last call. */
  take(): NonNullable<ArmRow['origins']> {
    const rows = <K>(counts: Map<K, Count>) =>
      [...counts].map(([key, { requests, errors }]): [string, number, number] => [String(key), requests, errors]);
    const origins = { clients: rows(this.#clients), endpoints: rows(this.#endpoints) };
    this.#clients.clear();
    this.#endpoints.clear();
    return origins;
  }
}

function add<K>(counts: Map<K, Count>, key: K, failed: boolean, most: number): void {
  let known = counts.get(key);
  if (!known) {
    if (counts.size >= most) return;
    counts.set(key, (known = { requests: 0, errors: 0 }));
  }
  known.requests++;
  if (failed) known.errors++;
}
