/** A Gateway: an address at which traffic enters the mesh. */
import { z } from 'zod';
import { RateLimit } from './rate-limit.ts';
import { GatewayTls } from './tls.ts';
import { Duration, HostPort, Name } from './units.ts';

export const GatewaySpec = z.strictObject({
  listen: HostPort,
  protocol: z
    .enum(['http', 'http-proxy', 'tcp', 'tls-passthrough'])
    .default('http')
    .meta({
      description:
        'http: requests are routed; http-proxy: what a client takes for its HTTP proxy (HTTP_PROXY): absolute URLs and ' +
        'CONNECT go to the service that the host names, other hosts are refused; tcp: each connection goes to an endpoint of defaultService as it is; ' +
        'tls-passthrough: to the service that the TLS greeting names (sni), without ending TLS here',
    }),
  sni: z
    .record(z.string().regex(/^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'a server name, or *.suffix'), Name)
    .default({})
    .meta({ description: 'tls-passthrough: server name, or *.suffix, to service' }),
  passThrough: z
    .array(HostPort.transform((address) => address.toLowerCase()))
    .default([])
    .meta({
      description:
        'http-proxy: host:port outside of the mesh to which requests and CONNECT may go too; 80 is the port of http://',
    }),
  hosts: z.record(z.string(), Name).default({}).meta({ description: 'Host header (without port) to service' }),
  rateLimit: RateLimit.optional().meta({
    description: 'For all that comes in here, before any route; a route may limit further',
  }),
  admission: z
    .strictObject({
      maxInFlight: z.int().min(1).max(100_000).meta({ description: 'Requests between head and end of answer' }),
    })
    .optional()
    .meta({ description: 'More than comes in here at once is answered 503 OVERLOADED' }),
  idleTimeout: Duration.refine((ms) => ms >= 1_000, 'idleTimeout is looked at once a second; give 1s or more')
    .optional()
    .meta({ description: "A client's connection without a request is closed after so long (75s)" }),
  faultHeaders: z
    .strictObject({
      secretEnv: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
        .meta({ description: "The variable of the proxy's environment that holds the secret" }),
    })
    .optional()
    .meta({ description: 'Lets a request ask for a fault in a header that `meshproof fault sign` made' }),
  tls: GatewayTls.optional().meta({ description: 'Ends TLS here; HTTP/1.1 and HTTP/2 (ALPN) are spoken inside' }),
  defaultService: Name.optional().meta({ description: 'Serves every host that `hosts` does not name' }),
});

export type GatewaySpec = z.output<typeof GatewaySpec>;
