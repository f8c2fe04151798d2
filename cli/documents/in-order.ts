/** The order in which experiments of one set of files can be started: each behind those that it comes after. */
import { afterOf } from '../../contracts/after.ts';
import type { LocatedExperiment } from './load.ts';

/** @param experiments - without circles, which the check of the files refuses */
export function inOrder(experiments: readonly LocatedExperiment[]): readonly LocatedExperiment[] {
  const ordered = new Set<LocatedExperiment>();
  const place = (experiment: LocatedExperiment): void => {
    if (ordered.has(experiment)) return;
    const before = afterOf(experiment.document);
    experiments.filter((other) => before.includes(other.document.metadata.name)).forEach(place);
    ordered.add(experiment);
  };
  experiments.forEach(place);
  return [...ordered];
}
