/** A Chaos experiment: a steady state that is to hold, faults over time that may break it, and limits that end it. */
import { z } from 'zod';
import { After } from './after.ts';
import { MaxConcurrent, MaxPerSecond } from './fault-caps.ts';
import { FaultSpec } from './fault.ts';
import { Guardrails, Limit } from './limit.ts';
import { ProcessFaultSpec } from './process-fault.ts';
import { Deadline, Lease } from './release.ts';
import { Duration, Name, Percent, PPM_PER_PERCENT } from './units.ts';
import { hookIssues, Incoming } from './incoming.ts';
import { Webhooks } from './webhook.ts';

const name = Name.meta({ description: 'How the journal and the metrics call it' });
const at = Duration.prefault('0s').meta({ description: 'When it begins, counted from the first moment of the faults' });

export const ChaosFault = z
  .strictObject({
    name,
    at,
    for: Duration.refine((ms) => ms > 0, 'a fault must last'),
    ramp: Duration.prefault('0s').meta({
      description: 'Its percentage rises over this time, in ten steps, and then stays',
    }),
    fault: FaultSpec.optional().meta({ description: 'What proxies do to requests and connections' }),
    process: ProcessFaultSpec.optional().meta({ description: 'What `meshproof up` does to processes that it runs' }),
  })
  .refine((f) => (f.fault === undefined) !== (f.process === undefined), 'give either fault or process');
export type ChaosFault = z.output<typeof ChaosFault>;

export const ChaosSpec = z
  .strictObject({
    service: Name.meta({ description: 'The service whose users the hypothesis is about; faults may hit others' }),
    steadyState: z
      .strictObject({
        metrics: z.array(Limit).min(1).max(10),
        requests: z.int().min(1).default(50).meta({
          description: 'Fewer requests than this before, during or after, and the verdict is INCONCLUSIVE',
        }),
      })
      .meta({ description: 'The hypothesis: it is measured before, during and after the faults' }),
    before: Duration.prefault('10s').meta({ description: 'How long the steady state is measured before the faults' }),
    recovery: Duration.prefault('10s').meta({ description: 'How long it is measured after them' }),
    faults: z.array(ChaosFault).min(1).max(20),
    guardrails: Guardrails.optional().meta({
      description: 'Crossing one of these limits on the service ends the faults at once',
    }),
    maxShare: Percent.default(50 * PPM_PER_PERCENT).meta({
      description:
        'The most of the requests that one fault may touch, held by the proxies; to break everything, say 100 here',
    }),
    maxConcurrent: MaxConcurrent.optional().meta({
      description:
        'At most so many requests (or connections) are under its faults, all together, at once in every proxy',
    }),
    maxPerSecond: MaxPerSecond.optional().meta({
      description: 'Its faults together meet at most so many requests in any second, in every proxy',
    }),
    after: After,
    webhooks: Webhooks,
    incoming: Incoming,
    deadline: Deadline,
    lease: Lease,
  })
  .refine((c) => new Set(c.faults.map((f) => f.name)).size === c.faults.length, {
    error: 'two faults have the same name',
    path: ['faults'],
  })
  .superRefine((spec, context) => {
    for (const issue of hookIssues(spec, { promotes: false, actions: ['abort'] }))
      context.addIssue({ code: 'custom', ...issue });
    spec.faults.forEach(({ fault, ramp, for: lasts }, i) => {
      const problem = (path: string[], message: string): void =>
        context.addIssue({ code: 'custom', path: ['faults', i, ...path], message });
      if (fault && fault.percent > spec.maxShare)
        problem(['fault', 'percent'], 'the fault touches more than maxShare (50 percent where it is not given)');
      if (ramp > lasts) problem(['ramp'], 'the ramp is longer than the fault lasts');
      if (ramp > 0 && !fault) problem(['ramp'], 'a process is not broken by percent: process goes without ramp');
      if (ramp > 0 && fault?.endpointGone !== undefined)
        problem(['ramp'], 'an endpoint is gone for all requests: endpointGone goes without ramp');
    });
    if (spec.before + spec.recovery + lastMs(spec.faults) > spec.deadline)
      context.addIssue({ code: 'custom', path: ['deadline'], message: 'it comes before the faults are over' });
  });

export type ChaosSpec = z.output<typeof ChaosSpec>;

/** When the last fault is over, counted from the first moment of the faults. */
export function lastMs(faults: readonly Pick<ChaosFault, 'at' | 'for'>[]): number {
  return Math.max(0, ...faults.map((fault) => fault.at + fault.for));
}
