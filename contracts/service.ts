/** A Service: a name, its versions, and the addresses that serve each of them. */
import { z } from 'zod';
import { Duration, HostPort, Name } from './units.ts';

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

export const Version = z.strictObject({
  endpoints: z.array(HostPort).min(1, 'a version needs at least one endpoint'),
  run: Run.optional(),
  outbound: HostPort.optional().meta({
    description: "Where this version's sidecar listens for the calls that the version makes (by Host header)",
  }),
});

export const ServiceSpec = z.strictObject({
  stable: Name.meta({ description: 'The version that serves whatever no route and no experiment sends elsewhere' }),
  versions: z.record(Name, Version).refine((v) => Object.keys(v).length > 0, 'a service needs at least one version'),
});

export type ServiceSpec = z.output<typeof ServiceSpec>;
export type Version = z.output<typeof Version>;
export type Run = z.output<typeof Run>;
