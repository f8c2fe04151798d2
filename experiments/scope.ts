/** What traffic an experiment touches. Pure. */
import type { ExperimentDocument } from '../contracts/document.ts';

/** The versions that it names, each with the place in its spec where it does; the baseline comes first. */
export function versionsOf({
  kind,
  spec,
}: ExperimentDocument): readonly { readonly service: string; readonly version: string; readonly at: string }[] {
  const { service } = spec;
  if (kind === 'ABTest') return spec.arms.map(({ version }, i) => ({ service, version, at: `arms[${i}].version` }));
  return (['baseline', 'candidate'] as const).map((at) => ({ service, version: spec[at], at }));
}
