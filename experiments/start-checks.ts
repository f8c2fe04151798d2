/** What must hold in the world before a canary may start. */
import type { CanaryDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import { nearest } from '../contracts/nearest.ts';
import type { Ports } from './ports.ts';

/** @throws MeshproofError DOCUMENT_INVALID (no such service or version), BASELINE_NOT_STABLE */
export async function checkStart({ services }: Ports, { metadata, spec }: CanaryDocument): Promise<void> {
  const { service, baseline, candidate } = spec;
  const stable = await services.stable(service);
  if (stable === undefined)
    throw new MeshproofError(
      'DOCUMENT_INVALID',
      `Canary/${metadata.name} spec.service: there is no Service "${service}"; apply it first`,
    );
  const versions = await services.versions(service);
  for (const [field, version] of Object.entries({ baseline, candidate })) {
    if (versions.includes(version)) continue;
    const hint = nearest(version, versions);
    throw new MeshproofError(
      'DOCUMENT_INVALID',
      `Canary/${metadata.name} spec.${field}: Service "${service}" has no version "${version}"; ` +
        (hint === undefined ? `it has ${versions.join(', ')}` : `did you mean "${hint}"?`),
    );
  }
  if (stable !== baseline)
    throw new MeshproofError(
      'BASELINE_NOT_STABLE',
      `the stable version of ${service} is ${stable}, and the baseline of ${metadata.name} is ${baseline}; ` +
        `give the stable version as the baseline`,
    );
}
