/** A Service: a name, its versions, and the addresses that serve each of them. */
import { z } from 'zod';
import { Locality } from './balancer.ts';
import { Resilience } from './resilience.ts';
import { UpstreamTls } from './tls.ts';
import { Duration, HostPort, Name, parseAddress } from './units.ts';

export const Run = z
  .strictObject({
    command: z.array(z.string().min(1)).min(1).meta({ description: 'The program and its arguments; no shell' }),
    cwd: z.string().optional().meta({ description: 'Working directory, relative to the file' }),
    env: z.record(z.string(), z.string()).default({}),
    ready: z
      .strictObject({ path: z.string().startsWith('/').default('/'), timeout: Duration.prefault('20s') })
      .optional()
      .meta({ description: 'Asked until it answers 2xx; the first endpoint is asked' }),
  })
  .meta({ description: 'How `meshproof up` starts this version on this machine' });

const PlainEndpoint = HostPort.transform((address) => ({ address, weight: 1, locality: undefined }));
const FullEndpoint = z.strictObject({
  address: HostPort,
  weight: z
    .number()
    .min(0.01)
    .max(10_000)
    .default(1)
    .meta({ description: 'Its share of the requests, relative to the others' }),
  locality: Locality.optional(),
});

/** An address, or an address with what balancing needs to know of it. */
export const Endpoint = z
  .union([PlainEndpoint, FullEndpoint], { error: 'an endpoint is "host:port", or {address, weight, locality}' })
  .meta({ description: 'host:port, or {address: host:port, weight, locality}' });

export const PROTOCOLS = ['http1', 'http2', 'grpc'] as const;
export const Protocol = z
  .enum(PROTOCOLS)
  .default('http1')
  .meta({
    description:
      'What the endpoints speak: HTTP/1.1; HTTP/2 (by prior knowledge where there is no TLS); or gRPC: HTTP/2, where ' +
      'grpc-status tells a failure, grpc-timeout is a deadline, and errors of the proxy are answers that gRPC clients read',
  });

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/;

export const Upstream = z
  .strictObject({
    service: Name,
    listen: HostPort.refine((address) => LOOPBACK.test(parseAddress(address)?.host ?? ''), {
      error: 'a local port is on loopback: 127.0.0.1, [::1] or localhost',
    }),
    protocol: z
      .enum(['http', 'tcp'])
      .default('http')
      .meta({ description: 'http: by the routes of the service; tcp: each connection goes to an endpoint as it is' }),
  })
  .meta({ description: 'A local port of the sidecar that leads to one service, whatever the Host' });

export const Version = z.strictObject({
  endpoints: z
    .array(Endpoint)
    .min(1, 'a version needs at least one endpoint')
    .refine((all) => new Set(all.map((e) => e.address)).size === all.length, 'an address stands here twice'),
  protocol: Protocol,
  tls: UpstreamTls.optional().meta({ description: 'The endpoints speak TLS' }),
  inbound: HostPort.optional().meta({
    description:
      "Where this version's sidecar takes the calls of the mesh, with mTLS, and passes them to the endpoints, which " +
      'then are asked by nobody else',
  }),
  run: Run.optional(),
  outbound: HostPort.optional().meta({
    description: "Where this version's sidecar listens for the calls that the version makes (by Host header)",
  }),
  upstreams: z
    .array(Upstream)
    .min(1)
    .optional()
    .refine((all = []) => {
      const fixed = all.map(({ listen }) => listen).filter((listen) => !listen.endsWith(':0'));
      return new Set(fixed).size === fixed.length;
    }, 'an address stands here twice')
    .meta({
      description: 'For applications that know an address and no proxy: a local port for each service they call',
    }),
});

export const ServiceSpec = z.strictObject({
  stable: Name.meta({ description: 'The version that serves whatever no route and no experiment sends elsewhere' }),
  versions: z.record(Name, Version).refine((v) => Object.keys(v).length > 0, 'a service needs at least one version'),
  resilience: Resilience.optional(),
  mtls: z
    .enum(['strict', 'permissive', 'off'])
    .default('strict')
    .meta({
      description:
        'Of versions with `inbound`. strict: only callers with an identity of the mesh come in; permissive: callers ' +
        'without TLS too; off: no TLS there',
    }),
});

export type ServiceSpec = z.output<typeof ServiceSpec>;
export type Version = z.output<typeof Version>;
export type Upstream = z.output<typeof Upstream>;
export type Endpoint = z.output<typeof Endpoint>;
export type Protocol = z.output<typeof Protocol>;
export type Run = z.output<typeof Run>;
