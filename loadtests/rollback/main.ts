/**
 * `npm run bench:rollback [-- --runs 20 --proxies 2 --max-ms 1000]`: how long a candidate that fails outright gets requests:
 * from its first bad answer to the last request that reached it, read from the access logs of the proxies. 100 requests
 * a second per arm, no shield, real processes, loopback. Exits 1 when one run takes longer than --max-ms.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../proxy/random.ts';
import { table } from '../simulations/table.ts';
import { exposureOf } from './exposure.ts';
import type { Exposure } from './exposure.ts';
import { pause, RollbackMesh } from './mesh.ts';
import type { Failure } from './mesh.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    proxies: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    'max-ms': { type: 'string', default: '1000' },
  },
});
const PER_SECOND_AND_ARM = 100;
const ENDS_WITHIN_MS = 30_000;
/** Runs begin at any moment between two reports of the proxies, which come every second before one begins. */
const JITTER_MS = 1_000;
const FAILURES: readonly Failure[] = ['500', 'refuses'];
const VERSIONS = { baseline: 'v1', candidate: 'v2' };

async function measure(mesh: RollbackMesh, failure: Failure, random: Random): Promise<readonly Exposure[]> {
  await mesh.declare(failure);
  const ids = new Map<string, string>();
  for (let run = 1; run <= Number(values.runs); run++) {
    await pause(random.uint32() % JITTER_MS);
    const name = `web-${failure}-${run}`;
    await mesh.canary(name, { ...VERSIONS, steps: [{ weight: 50 }], measure: '1s' });
    const view = await mesh.ended(name, ENDS_WITHIN_MS);
    if (view.verdict !== 'FAIL') throw new Error(`${name} ended with ${view.verdict}: ${view.reason}`);
    ids.set(name, view.id);
  }
  const lines = await mesh.accessLines();
  return [...ids].map(([name, id]) => {
    const exposure = exposureOf(lines, id, VERSIONS);
    if (!exposure) throw new Error(`no proxy knows of a bad answer of ${name}`);
    return exposure;
  });
}

const random = new Random(Number(values.seed));
const mesh = await RollbackMesh.start(Number(values.proxies));
const measured: { readonly failure: Failure; readonly exposures: readonly Exposure[] }[] = [];
const stop = mesh.traffic(2 * PER_SECOND_AND_ARM);
try {
  for (const failure of FAILURES) measured.push({ failure, exposures: await measure(mesh, failure, random) });
} finally {
  stop();
  await mesh.close();
}

const sorted = (numbers: readonly number[]): readonly number[] => numbers.toSorted((a, b) => a - b);
const at = (numbers: readonly number[], share: number): number =>
  sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))] ?? NaN;

console.log(`${values.proxies} proxies, ${PER_SECOND_AND_ARM} requests a second per arm, seed ${values.seed}`);
console.log(
  table(
    ['candidate', 'runs', 'p50 ms', 'p90 ms', 'max ms', 'its requests, median', 'most'],
    measured.map(({ failure, exposures }) => {
      const ms = exposures.map((exposure) => exposure.ms);
      const requests = exposures.map((exposure) => exposure.candidateRequests);
      const what = failure === '500' ? 'answers 500' : 'refuses connections';
      return [what, ms.length, at(ms, 0.5), at(ms, 0.9), at(ms, 1), at(requests, 0.5), at(requests, 1)];
    }),
  ),
);
console.log(JSON.stringify(measured));
const worst = Math.max(...measured.flatMap(({ exposures }) => exposures.map(({ ms }) => ms)));
process.exitCode = worst <= Number(values['max-ms']) ? 0 : 1;
