/**
 * What a shadow experiment promises, measured in virtual time with printed seeds: no false differences on two copies of
 * one noisy version, and how many answers it takes to find a defect or to say PASS.
 * `node dist/loadtests/simulate-shadow.js [--runs N] [--answers N] [--seed N]`; exits 1 when a promise is broken.
 */
import { parseArgs } from 'node:util';
import { playShadow } from './simulations/shadow-runs.ts';
import type { Outcome, Play } from './simulations/shadow-runs.ts';
import { NO_DEFECTS } from './simulations/shadow-shop.ts';
import type { Defects } from './simulations/shadow-shop.ts';
import { table } from './simulations/table.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    answers: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
  },
});
const runs = Number(values.runs);
const answers = Number(values.answers);
const seed = Number(values.seed);
const LOOK_EVERY = 5;
const broken: string[] = [];

function playMany(count: number, play: Omit<Play, 'seed' | 'lookEvery'>, toTheEnd: boolean): readonly Outcome[] {
  return Array.from({ length: count }, (_, i) =>
    playShadow({ ...play, seed: seed + i, lookEvery: LOOK_EVERY }, toTheEnd),
  );
}

/** Of the fields that a run reports, the share that is no defect: its mean is the false discovery rate. */
function falseShare(outcomes: readonly Outcome[], field: string): number {
  const shares = outcomes.map(
    ({ fields }) => fields.filter((other) => other !== field).length / Math.max(1, fields.length),
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN;
}

function promise(what: string, kept: boolean): string {
  if (!kept) broken.push(what);
  return kept ? 'ok' : 'BROKEN';
}

console.log(
  `seeds ${seed} to ${seed + runs - 1}; a look after every ${LOOK_EVERY} answers, the first 100 are learnt from\n` +
    `noise: two fields that always differ, one in half of the answers, an order in 30 %, others in 20 %, 2 % and 0.1 %\n`,
);

console.log(`The candidate is the baseline: runs of ${answers} answers that ever report a difference`);
const rows = [0.05, 0.01].flatMap((alpha) =>
  [[], ['body.items']].map((unordered) => {
    const outcomes = playMany(runs, { alpha, answers, defects: NO_DEFECTS, unordered }, true);
    const share = outcomes.filter((o) => o.everReported.length > 0).length / runs;
    const passed = outcomes.filter((o) => o.verdict === 'PASS');
    return [
      alpha,
      unordered.length === 0 ? 'by order' : 'as a set',
      `${(share * 100).toFixed(1)} %`,
      `${alpha * 100} %`,
      `${((passed.length / runs) * 100).toFixed(0)} %`,
      median(passed.map((o) => o.pairs)),
      promise(`false differences at ${alpha}`, share <= alpha),
    ];
  }),
);
console.log(table(['alpha', 'list', 'false', 'declared', 'PASS', 'median pairs to PASS', ''], rows));

type Case = {
  readonly name: string;
  readonly defects: Partial<Defects>;
  readonly field: string;
  readonly limit: number;
};
const CASES: readonly Case[] = [
  { name: 'a field wrong in 50 % of answers', defects: { wrongPrice: 0.5 }, field: 'body.items[].price', limit: 40 },
  { name: 'a field wrong in 10 % of answers', defects: { wrongPrice: 0.1 }, field: 'body.items[].price', limit: 200 },
  { name: 'a field wrong in 1 % of answers', defects: { wrongPrice: 0.01 }, field: 'body.items[].price', limit: 2_000 },
  { name: 'a field missing in 1 %', defects: { missingField: 0.01 }, field: 'body.currency (shape)', limit: 2_000 },
  { name: 'a noisy field 10 points noisier', defects: { moreNoise: 0.1 }, field: 'body.items[].stock', limit: 500 },
  { name: 'answers that take 60 % longer', defects: { slower: 0.6 }, field: 'latency p50', limit: 500 },
];

const ALPHA = 0.05;
console.log('\nDefects, alpha 0.05, the list as a set: the first FAIL');
console.log(
  table(
    ['defect', 'found', 'median pairs', '90 %', 'promised', 'names the field', 'false among named', ''],
    CASES.map(({ name, defects, field, limit }) => {
      const play = { alpha: ALPHA, answers: 6_000, defects: { ...NO_DEFECTS, ...defects }, unordered: ['body.items'] };
      const outcomes = playMany(Math.ceil(runs / 4), play, false);
      const found = outcomes.filter((o) => o.verdict === 'FAIL');
      const pairs = found.map((o) => o.pairs).sort((a, b) => a - b);
      const wrong = falseShare(found, field);
      const named = found.filter((o) => o.fields.includes(field)).length / outcomes.length;
      return [
        name,
        `${((found.length / outcomes.length) * 100).toFixed(0)} %`,
        median(pairs),
        pairs[Math.floor(pairs.length * 0.9)] ?? '',
        limit,
        `${(named * 100).toFixed(0)} %`,
        `${(wrong * 100).toFixed(1)} %`,
        promise(name, median(pairs) <= limit && named >= 0.95 && wrong <= ALPHA),
      ];
    }),
  ),
);

for (const line of broken) console.error(`broken: ${line}`);
process.exitCode = broken.length === 0 ? 0 : 1;
