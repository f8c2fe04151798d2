/** Why the control plane would not start a canary, as far as its answers show. Pure. */
import type { CanaryDocument } from '../../contracts/document.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { TERMINAL_PHASES } from '../../contracts/experiment.ts';
import type { ServiceView } from '../../contracts/live.ts';

/** The same questions that experiments/start-checks.ts and the runner ask. */
export function refusalsOf(
  { metadata, spec }: CanaryDocument,
  services: readonly ServiceView[],
  experiments: readonly ExperimentView[],
): string[] {
  const service = services.find((s) => s.name === spec.service);
  if (!service) return [`there is no Service "${spec.service}"; apply it first`];
  const refusals: string[] = [];
  for (const version of [spec.baseline, spec.candidate])
    if (!service.versions.some((v) => v.name === version))
      refusals.push(`Service "${spec.service}" has no version "${version}"`);
  if (service.stable !== spec.baseline)
    refusals.push(`the stable version is ${service.stable}, and the baseline is ${spec.baseline}`);
  const running = experiments.filter((e) => !TERMINAL_PHASES.includes(e.phase));
  for (const other of running) {
    if (other.name === metadata.name) refusals.push(`${other.name} runs already`);
    else if (other.service === spec.service) refusals.push(`${other.name} touches the traffic of ${spec.service} too`);
  }
  return refusals;
}
