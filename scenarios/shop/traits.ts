/**
 * What is special about one version of a service, from TRAITS in its environment: what a release can bring along that
 * its unit tests do not show. All of it happens in the service; the mesh is not told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Answer, Handler, Question } from './handler.ts';
import { Hands } from './hands.ts';
import { doWork } from './work.ts';
import type { Random } from './work.ts';

const Percentage = z.number().min(0).max(100);

const Traits = z.strictObject({
  /** errorPercent and slowPercent hold only for these. */
  methods: z.array(z.string()).optional(),
  paths: z.array(z.string()).optional(),
  errorPercent: Percentage.default(0),
  slowPercent: Percentage.default(0),
  slowMs: z.number().min(0).default(0),
  /** Each request takes so much longer, in the median. */
  workMs: z.number().min(0).default(0),
  /** Each answer leaves something behind that later ones have to walk through: the latency grows with every request. */
  leakMs: z.number().min(0).default(0),
  /** The first request for each path takes so much longer. */
  coldMs: z.number().min(0).default(0),
  /** So many requests at once; the others queue. */
  hands: z.int().min(1).optional(),
  /** This percentage of the answers report the goal "purchase". */
  purchasePercent: Percentage.default(0),
  /** Another field in the answer, a changed price, or a name spelt otherwise, in this percentage of the answers. */
  differsPercent: Percentage.default(0),
});
export type Traits = z.output<typeof Traits>;

const BROKEN: Answer = { status: 500, body: { error: 'the connection pool is empty' } };

/** @throws SyntaxError, ZodError */
export function traitsOf(text: string): Traits {
  return Traits.parse(JSON.parse(text));
}

/** The same service, with these traits. */
export function withTraits(handler: Handler, traits: Traits, random: Random): Handler {
  const happens = (percent: number): boolean => percent > 0 && random() * 100 < percent;
  const queue = traits.hands === undefined ? undefined : new Hands(traits.hands);
  const seen = new Set<string>();
  const left: string[] = [];
  const work = async (question: Question): Promise<Answer> => {
    const touched = touches(traits, question);
    if (touched && happens(traits.errorPercent)) return BROKEN;
    if (touched && happens(traits.slowPercent)) await sleep(traits.slowMs);
    if (traits.workMs > 0) await doWork({ medianMs: traits.workMs, sigma: 0.3 }, random);
    if (traits.coldMs > 0 && !seen.has(question.path)) await sleep(traits.coldMs);
    if (traits.coldMs > 0) seen.add(question.path);
    if (traits.leakMs > 0) await sleep(left.push('x'.repeat(1_000)) * traits.leakMs);
    const answer = await handler(question);
    const told = happens(traits.purchasePercent) ? { ...answer, headers: { 'x-goal': 'purchase' } } : answer;
    return happens(traits.differsPercent) ? differing(told) : told;
  };
  return queue ? (question) => queue.do(() => work(question)) : work;
}

function touches({ methods, paths }: Traits, { method, path }: Question): boolean {
  return (methods?.includes(method) ?? true) && (paths?.some((prefix) => path.startsWith(prefix)) ?? true);
}

function differing(answer: Answer): Answer {
  const { body } = answer;
  return typeof body === 'object' && body !== null ? { ...answer, body: { ...body, product: -1 } } : answer;
}
