/** The faults of a Chaos experiment over time: what is broken, and how much of it, at each moment. Pure. */
import { z } from 'zod';
import type { ChaosFault } from '../contracts/chaos.ts';
import type { FaultView } from '../contracts/experiment.ts';
import type { OverlayFault, OverlayProcessFault } from '../contracts/overlay.ts';
import { Percent, PPM_PER_PERCENT } from '../contracts/units.ts';
import type { SourceDocument } from '../contracts/document.ts';

/** A ramp rises in so many steps. */
const RAMP_STEPS = 10;

/** One fault, at the share that it has for a while. `index`: in the document. `ppm`: null for one of processes. */
export type Share = { readonly index: number; readonly ppm: number | null };
/** @property atMs - counted from the first moment of the faults */
export type Stage = { readonly atMs: number; readonly shares: readonly Share[] };

/** The moments at which something changes, in order, but for the end of the last fault. The first is at 0. */
export function stagesOf(faults: readonly ChaosFault[]): readonly Stage[] {
  const moments = faults.flatMap(({ at, for: lasts, ramp }) => [
    at,
    at + lasts,
    ...(ramp === 0
      ? []
      : Array.from({ length: RAMP_STEPS - 1 }, (_, k) => at + Math.round((ramp * (k + 1)) / RAMP_STEPS))),
  ]);
  const ordered = [...new Set([0, ...moments])].sort((a, b) => a - b).slice(0, -1);
  return ordered.map((atMs) => ({ atMs, shares: sharesAt(faults, atMs) }));
}

function sharesAt(faults: readonly ChaosFault[], ms: number): Share[] {
  return faults.flatMap(({ at, for: lasts, ramp, fault }, index) => {
    if (ms < at || ms >= at + lasts) return [];
    const risen = ramp === 0 ? 1 : Math.min(1, (Math.floor(((ms - at) / ramp) * RAMP_STEPS + 1e-6) + 1) / RAMP_STEPS);
    return [{ index, ppm: fault ? Math.max(1, Math.round(fault.percent * risen)) : null }];
  });
}

/** The largest share of requests that a fault of this stage may touch; 0 in a pause between faults. */
export function largestShare({ shares }: Stage): number {
  return Math.max(0, ...shares.map((share) => share.ppm ?? 0));
}

/** @param elapsedMs - since the first moment of the faults */
export function stageAt(stages: readonly Stage[], elapsedMs: number): number {
  return stages.findLastIndex((stage) => stage.atMs <= elapsedMs);
}

const Written = z.object({
  faults: z.array(z.object({ name: z.string(), fault: z.record(z.string(), z.unknown()).optional() })),
});

const Capped = z.object({ maxShare: Percent.optional() });

/**
 * The faults of a stage as the overlay carries them: as a person wrote them, but for their share and its cap.
 * @param maxSharePpm - of the experiment: the proxies hold it
 */
export function overlayFaults({ spec }: SourceDocument, stage: Stage | undefined, maxSharePpm: number): OverlayFault[] {
  const { faults } = Written.parse(spec);
  return (stage?.shares ?? []).flatMap(({ index, ppm }) => {
    const written = faults[index];
    if (!written?.fault || ppm === null) return [];
    const isGone = 'endpointGone' in written.fault;
    const { maxShare = maxSharePpm } = Capped.parse(written.fault);
    const most = Math.min(maxShare, maxSharePpm) / PPM_PER_PERCENT;
    const share = isGone ? {} : { percent: ppm / PPM_PER_PERCENT, maxShare: most };
    return [{ name: written.name, spec: { ...written.fault, ...share } }];
  });
}

/** Those of its processes. */
export function processFaults(faults: readonly ChaosFault[], stage: Stage | undefined): OverlayProcessFault[] {
  return (stage?.shares ?? []).flatMap(({ index }) => {
    const fault = faults[index];
    return fault?.process ? [{ name: fault.name, spec: fault.process }] : [];
  });
}

/**
 * @param injecting - whether the stage is in force; else it is the last that was
 * @param stepIndex - of the stage; -1 before the first
 */
export function faultViews(
  faults: readonly ChaosFault[],
  stages: readonly Stage[],
  injecting: boolean,
  stepIndex: number,
  hits: Readonly<Record<string, number>>,
): FaultView[] {
  const isIn = (stage: Stage | undefined, index: number): boolean =>
    stage?.shares.some((s) => s.index === index) ?? false;
  return faults.map(({ name, at, for: forMs, ramp, fault, process }, index) => {
    const runs = injecting && isIn(stages[stepIndex], index);
    const began = stages.slice(0, stepIndex + 1).some((stage) => isIn(stage, index));
    const { service = '', version } = fault ?? process ?? {};
    const aimedAt = version === undefined ? service : `${service} ${version}`;
    return {
      name,
      target: process ? `process of ${aimedAt}` : aimedAt,
      atMs: at,
      forMs,
      rampMs: ramp,
      ppm: fault?.percent ?? null,
      state: runs ? 'running' : began ? 'done' : 'waiting',
      hits: hits[name] ?? 0,
    };
  });
}
