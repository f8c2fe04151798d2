/** A Gateway: an address at which traffic enters the mesh. */
import { z } from 'zod';
import { HostPort, Name } from './units.ts';

export const GatewaySpec = z.strictObject({
  listen: HostPort,
  hosts: z.record(z.string(), Name).default({}).meta({ description: 'Host header (without port) to service' }),
  defaultService: Name.optional().meta({ description: 'Serves every host that `hosts` does not name' }),
});

export type GatewaySpec = z.output<typeof GatewaySpec>;
