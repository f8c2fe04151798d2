/**
 * What the judge promises, measured in virtual time with printed seeds: false rollbacks under continuous looking, how
 * many requests a regression takes, and how long Flagger, Argo Rollouts and Kayenta take on the same traffic.
 * `node dist/loadtests/simulate-judge.js [--runs N] [--looks N] [--seed N]`; exits 1 when a promise is broken.
 */
import { parseArgs } from 'node:util';
import { detectionOfErrors, detectionOfLatency } from './simulations/detection.ts';
import { falseRollbacks, falseRollbacksOnLatency } from './simulations/false-rollbacks.ts';
import { guardsSection } from './simulations/guards-section.ts';
import { compareWithPeers } from './simulations/peers.ts';
import { table } from './simulations/table.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    looks: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});
const runs = Number(values.runs);
const looks = Number(values.looks);
const seed = Number(values.seed);
const broken: string[] = [];

function promise(what: string, measured: number, limit: number): string {
  if (measured > limit) broken.push(`${what}: ${measured}, promised at most ${limit}`);
  return measured <= limit ? 'ok' : 'BROKEN';
}

console.log(`seed ${seed}, ${runs} runs of ${looks} looks; weights change, the common error rate swings tenfold\n`);
console.log('False rollbacks of a candidate that is exactly as good');
console.log(
  table(
    ['metric', 'alpha', 'rolled back', 'limit', ''],
    [
      ...[
        { alpha: 0.05, limit: 0.06 },
        { alpha: 0.01, limit: 0.015 },
      ].map(({ alpha, limit }) => {
        const share = falseRollbacks({ alpha, runs, looks, seed });
        return [
          'success-rate',
          alpha,
          `${(share * 100).toFixed(2)} %`,
          `${limit * 100} %`,
          promise(`alpha ${alpha}`, share, limit),
        ];
      }),
      (() => {
        const share = falseRollbacksOnLatency({
          alpha: 0.05,
          runs: Math.ceil(runs / 5),
          looks: Math.ceil(looks / 10),
          seed,
        });
        return ['latency', 0.05, `${(share * 100).toFixed(2)} %`, '7 %', promise('latency alpha 0.05', share, 0.07)];
      })(),
    ],
  ),
);

console.log('\nCandidate requests to FAIL, alpha 0.01, the metric alone and beside a second one (median)');
console.log(
  table(
    ['errors', 'share', 'alone', 'of two', 'promised', ''],
    detectionOfErrors(seed).map((d) => [
      `${d.baseline * 100} % -> ${d.candidate * 100} %`,
      `${d.share * 100} %`,
      d.alone,
      d.ofTwo,
      d.limit ?? '',
      d.limit === undefined ? '' : promise(`${d.candidate * 100} % errors`, d.alone, d.limit),
    ]),
  ),
);
console.log(
  table(
    ['latency, share 50 %', 'median', 'promised', ''],
    detectionOfLatency(seed).map((d) => [d.name, d.median, d.limit, promise(d.name, d.median, d.limit)]),
  ),
);

console.log(`\n${guardsSection(seed, Math.ceil(runs / 4), promise)}`);

console.log(
  '\nThe same traffic: 60 requests a second, 10 % to the candidate, baseline 0.1 % errors unless said, one hour',
);
console.log(
  table(
    ['candidate errors', 'judge', 'rolled back', 'median time', 'bad answers until then'],
    compareWithPeers(seed).map((r) => [r.scenario, r.judge, r.rolledBack, r.medianTime, r.harm]),
  ),
);

for (const line of broken) console.error(`broken: ${line}`);
process.exitCode = broken.length === 0 ? 0 : 1;
