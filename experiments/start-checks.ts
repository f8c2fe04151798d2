/** What must hold in the world before an experiment may start. */
import { keyOf } from '../contracts/document.ts';
import type { ExperimentDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import { nearest } from '../contracts/nearest.ts';
import { versionsOf } from './scope.ts';
import type { Ports } from './ports.ts';

/** @throws MeshproofError DOCUMENT_INVALID (no such service or version), BASELINE_NOT_STABLE */
export async function checkStart({ services }: Ports, document: ExperimentDocument): Promise<void> {
  const { spec } = document;
  const { service } = spec;
  const named = versionsOf(document);
  const baseline = named[0]?.version;
  const stable = await services.stable(service);
  if (stable === undefined)
    throw new MeshproofError(
      'DOCUMENT_INVALID',
      `${keyOf(document)} spec.service: there is no Service "${service}"; apply it first`,
    );
  const versions = await services.versions(service);
  for (const { version, at } of named) {
    if (versions.includes(version)) continue;
    const hint = nearest(version, versions);
    throw new MeshproofError(
      'DOCUMENT_INVALID',
      `${keyOf(document)} spec.${at}: Service "${service}" has no version "${version}"; ` +
        (hint === undefined ? `it has ${versions.join(', ')}` : `did you mean "${hint}"?`),
    );
  }
  if (stable !== baseline)
    throw new MeshproofError(
      'BASELINE_NOT_STABLE',
      `the stable version of ${service} is ${stable}, and the baseline of ${document.metadata.name} is ${baseline}; ` +
        `give the stable version as the baseline`,
    );
}
