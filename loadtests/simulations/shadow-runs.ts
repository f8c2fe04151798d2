/** Shadow experiments in virtual time, looked at after every few answers. */
import { pathRule } from '../../analyzer/shadow/json-path.ts';
import { judgeShadow } from '../../analyzer/shadow/judge.ts';
import { addSamples, NOTHING_COMPARED } from '../../analyzer/shadow/table.ts';
import { seeded } from '../../analyzer/simulation/random.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { shopSample } from './shadow-shop.ts';
import type { Defects } from './shadow-shop.ts';

export type Play = {
  readonly seed: number;
  readonly alpha: number;
  readonly answers: number;
  readonly lookEvery: number;
  readonly defects: Defects;
  /** Lists that are compared whatever their order. */
  readonly unordered: readonly string[];
};

export type Outcome = {
  /** The first that was not PENDING. */
  readonly verdict: Verdict;
  /** Pairs until then; all of them where there was none. */
  readonly pairs: number;
  /** Fields that were reported then, and at any look until the end. */
  readonly fields: readonly string[];
  readonly everReported: readonly string[];
};

const LEARN = 100;

/** @param toTheEnd - goes on looking after the first verdict */
export function playShadow(play: Play, toTheEnd: boolean): Outcome {
  const rules = {
    alpha: play.alpha,
    // The defaults of the document.
    margin: 0.005,
    noisyMargin: 0.1,
    tolerance: 0.25,
    learn: LEARN,
    ignored: () => false,
    unordered: pathRule(play.unordered),
  };
  const random = seeded(play.seed);
  const reported = new Set<string>();
  let table = NOTHING_COMPARED;
  let first: Pick<Outcome, 'verdict' | 'pairs' | 'fields'> | undefined;
  for (let i = 0; i < play.answers + LEARN; i += play.lookEvery) {
    const samples = Array.from({ length: play.lookEvery }, (_, n) => shopSample(random, i + n, play.defects));
    table = addSamples(table, samples, rules);
    const { verdict, differences = [], metrics } = judgeShadow(table, rules);
    const fields = [...differences, ...metrics.filter((m) => m.unit === 'ms').map((m) => ({ ...m, path: m.name }))]
      .filter((d) => d.verdict === 'FAIL')
      .map((d) => d.path);
    for (const field of fields) reported.add(field);
    if (verdict !== 'PENDING') first ??= { verdict, pairs: table.pairs, fields };
    if (first && !toTheEnd) break;
  }
  return { ...(first ?? { verdict: 'PENDING', pairs: table.pairs, fields: [] }), everReported: [...reported] };
}
