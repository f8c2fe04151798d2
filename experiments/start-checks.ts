/** What must hold in the world before an experiment may start. */
import { keyOf } from '../contracts/document.ts';
import type { ExperimentDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import { nearest } from '../contracts/nearest.ts';
import type { Ports } from './ports.ts';
import { servicesOf, versionsOf } from './scope.ts';

/**
 * @returns the stable version of the experiment's service
 * @throws MeshproofError DOCUMENT_INVALID (no such service or version), BASELINE_NOT_STABLE
 */
export async function checkStart(ports: Ports, document: ExperimentDocument): Promise<string> {
  await checkNames(ports, document);
  const { services } = ports;
  const named = versionsOf(document);
  const stable = (await services.stable(document.spec.service)) ?? '';
  const baseline = document.kind === 'Chaos' ? stable : named[0]?.version;
  if (stable !== baseline)
    throw new MeshproofError(
      'BASELINE_NOT_STABLE',
      `the stable version of ${document.spec.service} is ${stable}, and the baseline of ${document.metadata.name} is ` +
        `${baseline}; give the stable version as the baseline`,
    );
  return stable;
}

/** @throws MeshproofError DOCUMENT_INVALID (no such service or version) */
export async function checkNames({ services }: Ports, document: ExperimentDocument): Promise<void> {
  for (const name of servicesOf(document)) {
    if ((await services.stable(name)) === undefined)
      throw new MeshproofError(
        'DOCUMENT_INVALID',
        `${keyOf(document)} spec.service: there is no Service "${name}"; apply it first`,
      );
  }
  for (const { service, version, at } of versionsOf(document))
    refuseUnknown(document, service, version, at, await services.versions(service));
}

function refuseUnknown(
  document: ExperimentDocument,
  service: string,
  version: string,
  at: string,
  versions: readonly string[],
): void {
  if (versions.includes(version)) return;
  const hint = nearest(version, versions);
  throw new MeshproofError(
    'DOCUMENT_INVALID',
    `${keyOf(document)} spec.${at}: Service "${service}" has no version "${version}"; ` +
      (hint === undefined ? `it has ${versions.join(', ')}` : `did you mean "${hint}"?`),
  );
}
