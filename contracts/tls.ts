/** TLS in documents: what a gateway shows to its clients, and how endpoints are asked. */
import { z } from 'zod';

const PemOrFile = z.string().min(1);
const pem = (what: string): z.ZodString =>
  PemOrFile.meta({ description: `${what}: a file (relative to this one), or the PEM text itself` });

export const GatewayTls = z
  .strictObject({
    certificate: pem('The certificate, and those between it and its root'),
    key: pem('The private key of the certificate'),
    clientCa: pem('Who may sign the certificates of clients').optional(),
    requireClientCert: z
      .boolean()
      .optional()
      .meta({ description: 'Clients without a certificate are refused (default: where clientCa is given)' }),
    minVersion: z.enum(['1.2', '1.3']).default('1.2').meta({ description: 'Of TLS' }),
  })
  .refine((tls) => tls.requireClientCert !== true || tls.clientCa !== undefined, {
    path: ['requireClientCert'],
    error: 'requireClientCert needs clientCa: who signs those certificates?',
  });

export const UpstreamTls = z
  .strictObject({
    ca: pem('Who may sign the certificates of the endpoints (default: the authorities that Node.js trusts)').optional(),
    serverName: z
      .string()
      .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'a host name, such as shop.example.com')
      .optional()
      .meta({ description: 'Asked for (SNI), and looked for in the certificate (default: the host of the endpoint)' }),
    insecureSkipVerify: z.boolean().default(false).meta({ description: 'Takes any certificate: for tests only' }),
    certificate: pem('What the proxy shows to the endpoint').optional(),
    key: pem('The private key of that certificate').optional(),
  })
  .refine((tls) => (tls.certificate === undefined) === (tls.key === undefined), {
    path: ['certificate'],
    error: 'certificate and key go together',
  });

export type GatewayTls = z.output<typeof GatewayTls>;
export type UpstreamTls = z.output<typeof UpstreamTls>;
