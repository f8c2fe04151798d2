/** What a fault does to handshakes: at a gateway that ends TLS, or where the sidecars of a service take its calls. */
import { z } from 'zod';
import { Name } from './units.ts';

export const FaultTls = z
  .strictObject({
    gateway: Name.optional().meta({
      description: 'At this gateway, which leads to the service; default: at the way in (`inbound`) of the service',
    }),
    handshakeFailure: z
      .literal(true)
      .optional()
      .meta({ description: 'The client is refused with the alert handshake_failure' }),
    expiredCertificate: z
      .literal(true)
      .optional()
      .meta({ description: 'The client is shown a certificate for the same names that has expired, self-signed' }),
  })
  .refine((f) => (f.handshakeFailure === undefined) !== (f.expiredCertificate === undefined), {
    error: 'give exactly one of handshakeFailure, expiredCertificate',
  });

export type FaultTls = z.output<typeof FaultTls>;
