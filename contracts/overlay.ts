/** What an experiment lays over the configuration. A proxy honours it until its lease runs out on the proxy's own clock. */
import { z } from 'zod';
import { ArmSplit } from './arm-split.ts';
import { OverlayShadow } from './comparison.ts';
import { FaultLimits } from './fault-caps.ts';
import { Match } from './match.ts';
import { ProcessFaultSpec } from './process-fault.ts';
import { Sticky } from './route.ts';
import { PPM } from './units.ts';

export const ARMS = ['baseline', 'candidate'] as const;
export const Arm = z.enum(ARMS);
export type Arm = z.output<typeof Arm>;
/** `fresh`: the baseline's build, as young as the candidate; the candidate is compared with it where there is one. */
export const CountedArm = z.enum([...ARMS, 'fresh']);
export type CountedArm = z.output<typeof CountedArm>;

export const OverlayFault = z.strictObject({ name: z.string(), spec: z.record(z.string(), z.unknown()) });
export type OverlayFault = z.output<typeof OverlayFault>;
export const OverlayProcessFault = z.strictObject({ name: z.string(), spec: ProcessFaultSpec });
export type OverlayProcessFault = z.output<typeof OverlayProcessFault>;

/**
 * A request takes part when it is for `service`, passes `match`, and the configuration would send it to the
 * baseline version. A share of `candidatePpm` of those goes to the candidate; the others are the baseline arm.
 */
export const Overlay = z.strictObject({
  /** Unique per run of an experiment. */
  experimentId: z.string(),
  experiment: z.string(),
  /** Rises by one with each change of the overlay; telemetry of the arms is counted per epoch. */
  epoch: z.int().min(0),
  service: z.string(),
  match: Match.optional(),
  /** Requests that go to the candidate whatever the share; they are counted apart (ArmRow.preview). */
  preview: Match.optional(),
  sticky: Sticky.optional(),
  /** A client without the cookie of `sticky` gets one for so long, in seconds. */
  giveCookieS: z.int().min(1).optional(),
  baseline: z.string(),
  candidate: z.string(),
  candidatePpm: z.int().min(0).max(PPM),
  /** A version with the baseline's build that gets as large a share as the candidate; both together at most everything. */
  fresh: z.string().optional(),
  /** In the place of candidatePpm: keys (see sticky) are divided among two arms or more. */
  split: ArmSplit.optional(),
  /** Copies go to the candidate; users see the baseline's answers only. */
  shadow: OverlayShadow.optional(),
  shield: z.boolean(),
  seed: z.int().min(0).max(0xffff_ffff),
  leaseMs: z.int().min(1),
  /** Faults that stand under the overlay's lease; `spec` is that of a Fault, as a person would write it. */
  faults: z.array(OverlayFault).optional(),
  /** Of all these together, in every proxy. */
  faultLimits: FaultLimits.optional(),
  /** Of processes; for the hosts that run them, under the same lease. */
  processFaults: z.array(OverlayProcessFault).optional(),
});
export type Overlay = z.output<typeof Overlay>;
