/** What traffic an experiment touches. Pure. */
import type { ChaosFault } from '../contracts/chaos.ts';
import type { ExperimentDocument } from '../contracts/document.ts';

/** The services whose requests it divides, measures or breaks. */
export function servicesOf({ kind, spec }: ExperimentDocument): readonly string[] {
  if (kind !== 'Chaos') return [spec.service];
  return [...new Set([spec.service, ...spec.faults.flatMap((fault) => targetOf(fault)?.spec.service ?? [])])];
}

/** The versions that it names, each with the place in its spec where it does; the baseline, where it has one, first. */
export function versionsOf({
  kind,
  spec,
}: ExperimentDocument): readonly { readonly service: string; readonly version: string; readonly at: string }[] {
  if (kind === 'Chaos')
    return spec.faults.flatMap((fault, i) => {
      const target = targetOf(fault);
      if (target?.spec.version === undefined) return [];
      const { service, version } = target.spec;
      return [{ service, version, at: `faults[${i}].${target.at}.version` }];
    });
  const { service } = spec;
  if (kind === 'ABTest') return spec.arms.map(({ version }, i) => ({ service, version, at: `arms[${i}].version` }));
  const arms = (['baseline', 'candidate'] as const).map((at) => ({ service, version: spec[at], at }));
  if (kind !== 'Canary' || spec.freshBaseline === undefined) return arms;
  return [...arms, { service, version: spec.freshBaseline, at: 'freshBaseline' }];
}

type Target = { readonly service: string; readonly version?: string | undefined };

/** What a fault is aimed at, and the key that says it. */
function targetOf({ fault, process }: ChaosFault): { readonly at: string; readonly spec: Target } | undefined {
  if (fault) return { at: 'fault', spec: fault };
  return process && { at: 'process', spec: process };
}
