/** Why the control plane would not start a canary, as far as its answers show. Pure. */
import type { CanaryDocument } from '../../contracts/document.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { TERMINAL_PHASES } from '../../contracts/experiment.ts';
import type { ServiceView } from '../../contracts/live.ts';
import { versionsOf } from '../scope.ts';

/** The same questions that experiments/start-checks.ts and the runner ask. */
export function refusalsOf(
  document: CanaryDocument,
  services: readonly ServiceView[],
  experiments: readonly ExperimentView[],
): string[] {
  const { metadata, spec } = document;
  const service = services.find((s) => s.name === spec.service);
  if (!service) return [`there is no Service "${spec.service}"; apply it first`];
  const refusals: string[] = [];
  for (const { version } of versionsOf(document))
    if (!service.versions.some((v) => v.name === version))
      refusals.push(`Service "${spec.service}" has no version "${version}"`);
  const running = experiments.filter((e) => !TERMINAL_PHASES.includes(e.phase));
  if (running.some((e) => e.name === metadata.name)) refusals.push(`${metadata.name} runs already`);
  for (const name of spec.after) {
    const other = experiments.find((e) => e.name === name);
    if (!other) refusals.push(`no experiment "${name}" was run here: it is to come before this one`);
    else if (!running.includes(other) && other.verdict !== 'PASS') refusals.push(`${name} has ended ${other.verdict}`);
  }
  // What else must hold is asked when its turn has come.
  if (running.some((e) => spec.after.includes(e.name))) return refusals;
  if (service.stable !== spec.baseline)
    refusals.push(`the stable version is ${service.stable}, and the baseline is ${spec.baseline}`);
  for (const other of running)
    if (other.service === spec.service && other.name !== metadata.name && other.waitsFor !== 'after')
      refusals.push(`${other.name} touches the traffic of ${spec.service} too`);
  return refusals;
}
