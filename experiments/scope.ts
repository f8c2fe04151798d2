/** What traffic an experiment touches. Pure. */
import type { ExperimentDocument } from '../contracts/document.ts';

/** The services whose requests it divides, measures or breaks. */
export function servicesOf({ kind, spec }: ExperimentDocument): readonly string[] {
  if (kind !== 'Chaos') return [spec.service];
  return [...new Set([spec.service, ...spec.faults.map(({ fault }) => fault.service)])];
}

/** The versions that it names, each with the place in its spec where it does; the baseline, where it has one, first. */
export function versionsOf({
  kind,
  spec,
}: ExperimentDocument): readonly { readonly service: string; readonly version: string; readonly at: string }[] {
  if (kind === 'Chaos')
    return spec.faults.flatMap(({ fault: { service, version } }, i) =>
      version === undefined ? [] : [{ service, version, at: `faults[${i}].fault.version` }],
    );
  const { service } = spec;
  if (kind === 'ABTest') return spec.arms.map(({ version }, i) => ({ service, version, at: `arms[${i}].version` }));
  return (['baseline', 'candidate'] as const).map((at) => ({ service, version: spec[at], at }));
}
