/** What stands in the way of a change: experiments that run on a service, and those that are declared for it. Pure. */
import { isExperimentDocument, keyOf } from '../../contracts/document.ts';
import type { Document, SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { servicesOf, versionsOf } from '../../experiments/scope.ts';
import { isOverPhase } from '../experiments/phase.ts';

/** Something that needs a service with these versions. */
export type Need = { readonly by: string; readonly service: string; readonly versions: readonly string[] };

export function needsOfRunning(views: readonly ExperimentView[]): readonly Need[] {
  return views
    .filter((view) => !isOverPhase(view.phase))
    .map(({ name, service, baseline, candidate, judgement }) => ({
      by: `the running experiment ${name}`,
      service,
      versions: judgement.arms?.arms.map(({ version }) => version) ?? [baseline, candidate],
    }));
}

export function needsOfDeclared(documents: readonly Document[]): readonly Need[] {
  return documents.flatMap((document) => {
    if (!isExperimentDocument(document)) return [];
    const by = keyOf(document);
    return servicesOf(document).map((service) => ({
      by,
      service,
      versions: versionsOf(document).flatMap((v) => (v.service === service ? [v.version] : [])),
    }));
  });
}

/** @throws MeshproofError DOCUMENT_IN_USE when the service, as it would be, lacks a version that is needed */
export function refuseMissingVersions(changed: readonly Document[], needs: readonly Need[]): void {
  for (const document of changed) {
    if (document.kind !== 'Service') continue;
    const { name } = document.metadata;
    for (const { by, service, versions } of needs) {
      const missing = service === name && versions.find((version) => !Object.hasOwn(document.spec.versions, version));
      if (typeof missing !== 'string') continue;
      throw new MeshproofError(
        'DOCUMENT_IN_USE',
        `${by} needs version ${missing} of Service/${name}, and this change takes it away; abort it first`,
      );
    }
  }
}

/** @throws MeshproofError DOCUMENT_IN_USE when something needs the service */
export function refuseNeeded({ kind, metadata }: SourceDocument, needs: readonly Need[]): void {
  const need = needs.find(({ service }) => kind === 'Service' && service === metadata.name);
  if (need)
    throw new MeshproofError(
      'DOCUMENT_IN_USE',
      `${need.by} needs Service/${metadata.name}; ${need.by.includes('/') ? 'delete' : 'abort'} it first`,
    );
}
