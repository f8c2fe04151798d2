/** From the options of `simulate` to how the two versions answer. */
import { lognormal } from '../../analyzer/simulation/traffic.ts';
import { altered, modelledArm, recordedArm } from '../../experiments/simulation/arm.ts';
import type { Arms } from '../../experiments/simulation/rows.ts';
import type { OptionSpec, Options } from '../command.ts';
import { UsageError } from '../failure.ts';
import { readRecording } from './recorded.ts';

export const TRAFFIC_OPTIONS: readonly OptionSpec[] = [
  { flags: '--rate <perMinute>', description: 'requests to the service in a minute (default: as recorded)' },
  { flags: '--baseline-errors <percent>', description: 'errors of the baseline (default: as recorded, else 0.1)' },
  { flags: '--candidate-errors <percent>', description: 'errors of the candidate (default: as the baseline)' },
  { flags: '--latency <ms>', description: 'median of a log-normal latency (default: as recorded, else 20)' },
  { flags: '--latency-sigma <number>', description: 'spread of ln latency (default: 0.5)' },
  { flags: '--slowdown <percent>', description: 'how much slower the candidate is (default: 0)' },
  { flags: '--requests <file>', description: 'recorded requests to draw answers from' },
];

export type Simulated = { readonly arms: Arms; readonly perMinute: number; readonly unreadable: number };

/** @throws UsageError */
export async function armsOf(options: Options, cwd: string): Promise<Simulated> {
  const file = options.text('requests');
  const rate = options.number('rate', { min: 0, max: 1e8 });
  const share = (name: string): number | undefined => {
    const percent = options.number(name, { min: 0, max: 100 });
    return percent === undefined ? undefined : percent / 100;
  };
  const baselineErrors = share('baselineErrors');
  const candidateErrors = share('candidateErrors');
  const factor = 1 + (options.number('slowdown', { min: -99, max: 100_000 }) ?? 0) / 100;
  if (file === undefined) {
    if (rate === undefined) throw new UsageError('how much traffic?', 'give --rate PER_MINUTE, or --requests FILE');
    const latency = lognormal(
      options.number('latency', { min: 0.001, max: 1e7 }) ?? 20,
      options.number('latencySigma', { min: 0, max: 10 }) ?? 0.5,
    );
    const baseline = modelledArm(baselineErrors ?? 0.001, latency);
    return {
      arms: { baseline, candidate: altered(baseline, candidateErrors, factor) },
      perMinute: rate,
      unreadable: 0,
    };
  }
  if (options.text('latency') !== undefined || options.text('latencySigma') !== undefined)
    throw new UsageError('--latency does not go with --requests', 'the latencies are those that were recorded');
  const { baseline: b, candidate: c, perMinute, unreadable } = await readRecording(cwd, file);
  const given = rate ?? perMinute;
  if (given === null) throw new UsageError(`${file} has no times ("t", in seconds)`, 'give --rate PER_MINUTE');
  const baseline = altered(recordedArm(b), baselineErrors, 1);
  const candidate = altered(c.length > 0 ? recordedArm(c) : baseline, candidateErrors, factor);
  return { arms: { baseline, candidate }, perMinute: given, unreadable };
}
