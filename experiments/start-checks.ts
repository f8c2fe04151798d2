/** What must hold in the world before an experiment may start. */
import { keyOf } from '../contracts/document.ts';
import type { ExperimentDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import { nearest } from '../contracts/nearest.ts';
import type { Ports } from './ports.ts';

/** @throws MeshproofError DOCUMENT_INVALID (no such service or version), BASELINE_NOT_STABLE */
export async function checkStart({ services }: Ports, document: ExperimentDocument): Promise<void> {
  const { spec } = document;
  const { service, baseline, candidate } = spec;
  const stable = await services.stable(service);
  if (stable === undefined)
    throw new MeshproofError(
      'DOCUMENT_INVALID',
      `${keyOf(document)} spec.service: there is no Service "${service}"; apply it first`,
    );
  const versions = await services.versions(service);
  for (const [field, version] of Object.entries({ baseline, candidate })) {
    if (versions.includes(version)) continue;
    const hint = nearest(version, versions);
    throw new MeshproofError(
      'DOCUMENT_INVALID',
      `${keyOf(document)} spec.${field}: Service "${service}" has no version "${version}"; ` +
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
