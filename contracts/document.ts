/** What a person declares: a document with apiVersion, kind, metadata.name and spec. */
import { z } from 'zod';
import { AccessPolicySpec } from './access-policy.ts';
import { ABTestSpec } from './ab-test.ts';
import { BlueGreenSpec } from './blue-green.ts';
import { CanarySpec } from './canary.ts';
import { ChaosSpec } from './chaos.ts';
import { FaultSpec } from './fault.ts';
import { GatewaySpec } from './gateway.ts';
import { NotificationSpec } from './notification.ts';
import { RouteSpec } from './route.ts';
import { ServiceSpec } from './service.ts';
import { ShadowSpec } from './shadow.ts';
import { Name } from './units.ts';

export const API_VERSION = 'meshproof.dev/v1';

export const Metadata = z.strictObject({
  name: Name,
  labels: z.record(z.string(), z.string()).optional(),
  description: z.string().optional(),
});

function documentOf<K extends string, S extends z.ZodType>(kind: K, spec: S) {
  return z.strictObject({ apiVersion: z.literal(API_VERSION), kind: z.literal(kind), metadata: Metadata, spec });
}

export const ServiceDocument = documentOf('Service', ServiceSpec);
export const RouteDocument = documentOf('Route', RouteSpec);
export const GatewayDocument = documentOf('Gateway', GatewaySpec);
export const FaultDocument = documentOf('Fault', FaultSpec);
export const AccessPolicyDocument = documentOf('AccessPolicy', AccessPolicySpec);
export const NotificationDocument = documentOf('Notification', NotificationSpec);
export const CanaryDocument = documentOf('Canary', CanarySpec);
export const BlueGreenDocument = documentOf('BlueGreen', BlueGreenSpec);
export const ABTestDocument = documentOf('ABTest', ABTestSpec);
export const ChaosDocument = documentOf('Chaos', ChaosSpec);
export const ShadowDocument = documentOf('Shadow', ShadowSpec);

/** The schema of each kind, by name. Adding a kind is adding a line here. */
export const SCHEMAS = {
  Service: ServiceDocument,
  Route: RouteDocument,
  Gateway: GatewayDocument,
  Fault: FaultDocument,
  AccessPolicy: AccessPolicyDocument,
  Notification: NotificationDocument,
  Canary: CanaryDocument,
  BlueGreen: BlueGreenDocument,
  ABTest: ABTestDocument,
  Chaos: ChaosDocument,
  Shadow: ShadowDocument,
} as const;

export type Kind = keyof typeof SCHEMAS;
export const KINDS = Object.keys(SCHEMAS) as readonly Kind[];

/** Kinds that the proxies receive. */
export const CONFIG_KINDS = ['Service', 'Route', 'Gateway', 'Fault', 'AccessPolicy'] as const;
/** Kinds that the experiment runner runs. */
export const EXPERIMENT_KINDS = ['Canary', 'BlueGreen', 'ABTest', 'Chaos', 'Shadow'] as const;

export type ServiceDocument = z.output<typeof ServiceDocument>;
export type RouteDocument = z.output<typeof RouteDocument>;
export type GatewayDocument = z.output<typeof GatewayDocument>;
export type FaultDocument = z.output<typeof FaultDocument>;
export type AccessPolicyDocument = z.output<typeof AccessPolicyDocument>;
export type NotificationDocument = z.output<typeof NotificationDocument>;
export type CanaryDocument = z.output<typeof CanaryDocument>;
export type BlueGreenDocument = z.output<typeof BlueGreenDocument>;
export type ABTestDocument = z.output<typeof ABTestDocument>;
export type ChaosDocument = z.output<typeof ChaosDocument>;
export type ShadowDocument = z.output<typeof ShadowDocument>;

/** A document as checked and completed with its defaults: durations in ms, shares in ppm. */
export type Document = ConfigDocument | NotificationDocument | ExperimentDocument;
export type ConfigDocument = ServiceDocument | RouteDocument | GatewayDocument | FaultDocument | AccessPolicyDocument;
export type ExperimentDocument = CanaryDocument | BlueGreenDocument | ABTestDocument | ChaosDocument | ShadowDocument;
export type ExperimentKind = ExperimentDocument['kind'];

export function isExperimentDocument(document: Document): document is ExperimentDocument {
  return EXPERIMENT_KINDS.some((kind) => kind === document.kind);
}

/** A document as a person wrote it, before defaults: what is stored, shown and sent to the API. */
export type SourceDocument = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [key: string]: unknown };
  readonly spec: { readonly [key: string]: unknown };
};

/** `Kind/name`, the key of a document everywhere. */
export function keyOf(document: { readonly kind: string; readonly metadata: { readonly name: string } }): string {
  return `${document.kind}/${document.metadata.name}`;
}
