/**
 * The stack, outermost first. Order is behaviour: each filter says in `why` what would break if it moved; the admin
 * server prints this list at /stack. A route is compiled to just the filters that it uses (plan/compile.ts).
 */
import { admission } from './filters/admission.ts';
import { bodyLimit } from './filters/body-limit.ts';
import { assignment } from './filters/assignment.ts';
import { attemptFault } from './filters/attempt-fault.ts';
import { balancing } from './filters/balancing.ts';
import { connection } from './filters/connection.ts';
import { deadline } from './filters/deadline.ts';
import { discoveryFault } from './filters/discovery-fault.ts';
import { goals } from './filters/goals.ts';
import { hedge } from './filters/hedge.ts';
import { NOTHING } from './filters/filter.ts';
import type { Filter } from './filters/filter.ts';
import { headerChanges } from './filters/header-changes.ts';
import { cors } from './filters/cors.ts';
import { ownAnswers } from './filters/own-answers.ts';
import { rateLimit } from './filters/rate-limit.ts';
import { rewrite } from './filters/rewrite.ts';
import { requestFault } from './filters/request-fault.ts';
import { retry } from './filters/retry.ts';
import { shadow } from './filters/shadow.ts';
import { tracing } from './filters/tracing.ts';

export const OUTBOUND: readonly Filter[] = [
  {
    role: 'rescue',
    why: 'outermost: every failure below becomes one marked response (exchange.answer, rescue.ts)',
    build: () => NOTHING,
  },
  {
    role: 'telemetry',
    why: 'above everything that may answer: what the proxy answers itself is counted too (counters at the end of the exchange)',
    build: () => NOTHING,
  },
  tracing,
  admission,
  headerChanges,
  cors,
  rateLimit,
  bodyLimit,
  requestFault,
  ownAnswers,
  rewrite,
  deadline,
  assignment,
  goals,
  shadow,
  retry,
  hedge,
  discoveryFault,
  balancing,
  attemptFault,
  connection,
];
