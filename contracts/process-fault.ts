/** Faults of processes: what the host that runs a version (`meshproof up`) does to it, or beside it. */
import { z } from 'zod';
import { Name } from './units.ts';

const ACTS = ['kill', 'down', 'pause', 'cpu', 'memory'] as const;

export const ProcessFaultSpec = z
  .strictObject({
    service: Name,
    version: Name.optional().meta({ description: 'Not given: each version that `up` runs' }),
    kill: z.literal(true).optional().meta({ description: 'SIGKILL, once; `up` starts it again, as after any death' }),
    down: z.literal(true).optional().meta({ description: 'SIGKILL, and it stays away until the fault is over' }),
    pause: z.literal(true).optional().meta({ description: 'SIGSTOP; SIGCONT when the fault is over' }),
    cpu: z
      .strictObject({ cores: z.int().min(1).max(64) })
      .optional()
      .meta({ description: 'So many processes that compute without end, on the machine that runs the version' }),
    memory: z
      .strictObject({ megabytes: z.int().min(1).max(65_536) })
      .optional()
      .meta({ description: 'A process that holds so much memory, on the machine that runs the version' }),
  })
  .refine((f) => ACTS.filter((act) => f[act] !== undefined).length === 1, `give one of ${ACTS.join(', ')}`);
export type ProcessFaultSpec = z.output<typeof ProcessFaultSpec>;
