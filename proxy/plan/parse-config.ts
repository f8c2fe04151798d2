/** A configuration as it comes (source documents), checked as a whole and completed with its defaults. */
import type {
  AccessPolicyDocument,
  Document,
  FaultDocument,
  GatewayDocument,
  RouteDocument,
  ServiceDocument,
  SourceDocument,
} from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { checkDocument } from '../../contracts/parse.ts';
import { crossCheck } from '../../contracts/validate.ts';

/** A configuration that was accepted. */
export type Config = {
  readonly version: number;
  readonly sources: readonly SourceDocument[];
  readonly services: readonly ServiceDocument[];
  readonly routes: readonly RouteDocument[];
  readonly gateways: readonly GatewayDocument[];
  readonly faults: readonly FaultDocument[];
  readonly policies: readonly AccessPolicyDocument[];
};

/** @throws MeshproofError CONFIG_REFUSED with every problem */
export function parseConfig(version: number, sources: readonly SourceDocument[]): Config {
  const documents: Document[] = [];
  const problems: string[] = [];
  for (const source of sources) {
    const checked = checkDocument(source);
    if (checked.ok) documents.push(checked.document);
    else
      problems.push(
        ...checked.issues.map((i) => `${source.kind}/${source.metadata?.name} ${i.path.join('.')}: ${i.message}`),
      );
  }
  if (problems.length === 0) {
    for (const issue of crossCheck(documents)) {
      const document = documents[issue.index];
      problems.push(`${document?.kind}/${document?.metadata.name} ${issue.path.join('.')}: ${issue.message}`);
    }
  }
  if (problems.length > 0) throw new MeshproofError('CONFIG_REFUSED', problems.join('; '));
  const of = <K extends Document['kind']>(kind: K): Extract<Document, { kind: K }>[] =>
    documents.filter((d): d is Extract<Document, { kind: K }> => d.kind === kind);
  return {
    version,
    sources,
    services: of('Service'),
    routes: of('Route').sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
    gateways: of('Gateway'),
    faults: of('Fault'),
    policies: of('AccessPolicy'),
  };
}
