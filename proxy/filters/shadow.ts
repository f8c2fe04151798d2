/** Copies requests to shadow versions: in parallel, streamed, never waited for. */
import type { Mirror } from '../../contracts/route.ts';
import type { Exchange } from '../exchange.ts';
import { writeRequestHead } from '../http1/write-head.ts';
import type { ActiveOverlay } from '../overlays.ts';
import { CONTINUE } from '../plan/plan.ts';
import type { Step, VersionPlan } from '../plan/plan.ts';
import type { AnswerCapture } from '../shadow/capture.ts';
import { isSafe } from '../shadow/safe-method.ts';
import type { ShadowLoad } from '../shadow/shadow-load.ts';
import { ShadowRequest } from '../shadow/shadow-request.ts';
import type { ShadowRun } from '../shadow/shadow-run.ts';
import { WatchedBody } from '../shadow/watched-body.ts';
import { nextEndpoint } from './balancing.ts';
import { NOTHING } from './filter.ts';
import type { Filter, RouteContext, RouteParts } from './filter.ts';

/** Copies of one version at once; more would make a slow shadow a cost of the proxy. */
const MAX_IN_FLIGHT = 256;
/** How the version can tell that nobody waits for its answer. */
export const SHADOW_FIELD = 'x-meshproof-shadow: true\r\n';

type Target = { readonly version: VersionPlan; readonly load: ShadowLoad };
type MirrorTarget = Target & { readonly mirror: Mirror };

export const shadow: Filter = {
  role: 'shadow',
  why: 'below assignment, so that a copy knows what it is compared with; above retry: a request is copied once, however often it is tried',
  build: (context) => {
    const mirrors = mirrorStep(context);
    const experiment = context.overlay && experimentParts(context, context.overlay);
    if (!mirrors && !experiment) return NOTHING;
    return {
      request: (exchange) => {
        mirrors?.(exchange);
        return experiment?.request?.(exchange) ?? CONTINUE;
      },
      ...(experiment?.respond ? { respond: experiment.respond } : {}),
      end: (exchange, status) => {
        for (const copy of exchange.copies ?? []) copy.requestEnded();
        exchange.comparison?.baseline.close(status);
      },
    };
  },
};

/** What the route itself asks for. */
function mirrorStep({ rule, versions, shadowLoads, runtime }: RouteContext): Step | undefined {
  const targets = (rule.mirror ?? []).flatMap((mirror): MirrorTarget[] => {
    const version = versions.get(mirror.version);
    return version ? [{ mirror, version, load: shadowLoads(mirror.version) }] : [];
  });
  if (targets.length === 0) return undefined;
  return (exchange) => {
    for (const target of targets) {
      const { mirror, version } = target;
      if (version === exchange.version || !(mirror.writes || isSafe(exchange.head.method))) continue;
      if (runtime.random.ppm() < mirror.percent) copyTo(exchange, target, undefined);
    }
    return CONTINUE;
  };
}

/** What a shadow experiment asks for: copies of the baseline's requests, some of them compared. */
function experimentParts({ versions, shadowLoads }: RouteContext, active: ActiveOverlay): RouteParts | undefined {
  const { overlay, shadow: run } = active;
  const candidate = versions.get(overlay.candidate);
  const baseline = versions.get(overlay.baseline);
  if (!run || !candidate || !baseline) return undefined;
  const target = (version: VersionPlan): Target => ({ version, load: shadowLoads(version.name) });
  return experimentOf(run, active, target(candidate), target(baseline));
}

function experimentOf(run: ShadowRun, active: ActiveOverlay, candidate: Target, baseline: Target): RouteParts {
  return {
    request: (exchange) => {
      // Only what the overlay counts: it honours the match and the lease.
      if (exchange.arm !== active.baseline || exchange.tunnel !== '' || !run.mirrors(exchange)) return CONTINUE;
      run.queue.mirrored();
      const comparison = (exchange.comparison = run.compare(exchange));
      if (!comparison) {
        copyTo(exchange, candidate, undefined);
        return CONTINUE;
      }
      // By lot, so that neither always finds the caches that the other has warmed.
      const candidateFirst = exchange.runtime.random.ppm() < 500_000;
      if (candidateFirst) copyTo(exchange, candidate, comparison.candidate);
      copyTo(exchange, baseline, comparison.again);
      if (!candidateFirst) copyTo(exchange, candidate, comparison.candidate);
      return CONTINUE;
    },
    respond: (exchange, head) => {
      const capture = exchange.comparison?.baseline;
      if (!capture) return;
      capture.head(head);
      exchange.filterBody(new WatchedBody(capture));
    },
  };
}

/** @param capture - keeps the answer for the comparison */
function copyTo(exchange: Exchange, { version, load }: Target, capture: AnswerCapture | undefined): void {
  const { head, downstream, runtime } = exchange;
  if (exchange.tunnel !== '') return;
  const { body } = downstream;
  const drop = (reason: 'in-flight' | 'streamed' | 'no-endpoint'): void => {
    load.dropped[reason]++;
    capture?.giveUp();
  };
  if (load.inFlight >= MAX_IN_FLIGHT) return drop('in-flight');
  // The client waits for the endpoint's word before it sends; a copy would have to wait for two.
  if (!body.complete && head.expectField >= 0) return drop('streamed');
  const { pool } = version;
  const endpoint = pool
    ? pool.choose(runtime.clock.nowMs(), undefined, undefined)?.endpoint
    : nextEndpoint(version, undefined);
  if (!endpoint) return drop('no-endpoint');
  const text = writeRequestHead(head, {
    added: runtime.addedFields + SHADOW_FIELD,
    fallbackHost: exchange.plan?.service ?? '',
    upgrade: false,
    keepExpect: false,
    changes: exchange.requestChanges,
  });
  const copy = new ShadowRequest(runtime, load, text, head.isHead, capture);
  if (body.empty) copy.body([], true);
  else if (body.complete) copy.body(body.framed(), true);
  else body.tee((parts, complete) => copy.body(parts, complete));
  (exchange.copies ??= []).push(copy);
  copy.start(endpoint);
}
