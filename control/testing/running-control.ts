/** A control plane on a free port and a data directory of its own, for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startControl } from '../main.ts';
import type { RunningControl } from '../main.ts';

export const QUIET = { info: () => {}, warn: () => {}, error: () => {} };

export type TestControl = RunningControl & {
  readonly dataDir: string;
  ask(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Closes, and starts again on the same data. */
  restart(): Promise<TestControl>;
  dispose(): Promise<void>;
};

export async function testControl(dataDir = mkdtempSync(join(tmpdir(), 'meshproof-control-'))): Promise<TestControl> {
  const running = await startControl({ listen: '127.0.0.1:0', dataDir, log: QUIET });
  return {
    ...running,
    dataDir,
    async ask(method, path, body, headers = {}) {
      const answer = await fetch(`http://${running.address}${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    async restart() {
      await running.close();
      return testControl(dataDir);
    },
    async dispose() {
      await running.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export function service(stable = 'v1', name = 'reviews'): Record<string, unknown> {
  const versions = { v1: { endpoints: ['127.0.0.1:1'] }, v2: { endpoints: ['127.0.0.1:2'] } };
  return { apiVersion: 'meshproof.dev/v1', kind: 'Service', metadata: { name }, spec: { stable, versions } };
}

export function canary(name = 'reviews-v2', spec: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: 'meshproof.dev/v1',
    kind: 'Canary',
    metadata: { name },
    spec: {
      service: 'reviews',
      baseline: 'v1',
      candidate: 'v2',
      measure: '0s',
      steps: [{ weight: 50 }],
      hold: { min: '0s', max: '5m' },
      ...spec,
    },
  };
}
