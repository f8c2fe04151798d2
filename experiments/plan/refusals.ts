/** Why the control plane would not start an experiment, as far as its answers show. Pure. */
import type { ExperimentDocument } from '../../contracts/document.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { TERMINAL_PHASES } from '../../contracts/experiment.ts';
import type { ServiceView } from '../../contracts/live.ts';
import { servicesOf, versionsOf } from '../scope.ts';

/** The same questions that experiments/start-checks.ts and the runner ask. */
export function refusalsOf(
  document: ExperimentDocument,
  services: readonly ServiceView[],
  experiments: readonly ExperimentView[],
): string[] {
  const { metadata, spec } = document;
  const known = (name: string): ServiceView | undefined => services.find((s) => s.name === name);
  const missing = servicesOf(document).filter((name) => !known(name));
  if (missing.length > 0) return missing.map((name) => `there is no Service "${name}"; apply it first`);
  const refusals: string[] = [];
  for (const { service, version } of versionsOf(document))
    if (!known(service)?.versions.some((v) => v.name === version))
      refusals.push(`Service "${service}" has no version "${version}"`);
  const running = experiments.filter((e) => !TERMINAL_PHASES.includes(e.phase));
  if (running.some((e) => e.name === metadata.name)) refusals.push(`${metadata.name} runs already`);
  for (const name of spec.after) {
    const other = experiments.find((e) => e.name === name);
    if (!other) refusals.push(`no experiment "${name}" was run here: it is to come before this one`);
    else if (!running.includes(other) && other.verdict !== 'PASS') refusals.push(`${name} has ended ${other.verdict}`);
  }
  // What else must hold is asked when its turn has come.
  if (running.some((e) => spec.after.includes(e.name))) return refusals;
  const baseline = baselineOf(document);
  const stable = known(spec.service)?.stable;
  if (baseline !== undefined && stable !== baseline)
    refusals.push(`the stable version is ${stable ?? 'not known'}, and the baseline is ${baseline}`);
  for (const other of running)
    if (servicesOf(document).includes(other.service) && other.name !== metadata.name && other.waitsFor !== 'after')
      refusals.push(`${other.name} touches the traffic of ${other.service} too`);
  return refusals;
}

/** The version that has to be stable when it starts; undefined: whichever is. */
function baselineOf({ kind, spec }: ExperimentDocument): string | undefined {
  if (kind === 'Chaos') return undefined;
  return kind === 'ABTest' ? spec.arms[0]?.version : spec.baseline;
}
