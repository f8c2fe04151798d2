/** Copies requests to shadow versions: in parallel, streamed, never waited for. */
import type { Mirror } from '../../contracts/route.ts';
import type { Exchange } from '../exchange.ts';
import { writeRequestHead } from '../http1/write-head.ts';
import { CONTINUE } from '../plan/plan.ts';
import type { VersionPlan } from '../plan/plan.ts';
import type { ShadowLoad } from '../shadow/shadow-load.ts';
import { ShadowRequest } from '../shadow/shadow-request.ts';
import { nextEndpoint } from './balancing.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

/** Copies of one version at once; more would make a slow shadow a cost of the proxy. */
const MAX_IN_FLIGHT = 256;
/** How the version can tell that nobody waits for its answer. */
export const SHADOW_FIELD = 'x-meshproof-shadow: true\r\n';

type Target = { readonly mirror: Mirror; readonly version: VersionPlan; readonly load: ShadowLoad };

export const shadow: Filter = {
  role: 'shadow',
  why: 'below assignment, so that a copy knows what it is compared with; above retry: a request is copied once, however often it is tried',
  build: ({ rule, versions, shadowLoads, runtime }) => {
    const targets = (rule.mirror ?? []).flatMap((mirror): Target[] => {
      const version = versions.get(mirror.version);
      return version ? [{ mirror, version, load: shadowLoads(mirror.version) }] : [];
    });
    if (targets.length === 0) return NOTHING;
    return {
      request: (exchange) => {
        for (const target of targets) {
          if (runtime.random.ppm() < target.mirror.percent) copyTo(exchange, target);
        }
        return CONTINUE;
      },
      end: (exchange) => {
        for (const copy of exchange.copies ?? []) copy.requestEnded();
      },
    };
  },
};

/** RFC 9110 9.2.1: a safe request changes nothing, so that a second one does no harm. */
function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}

function copyTo(exchange: Exchange, { mirror, version, load }: Target): void {
  const { head, downstream, runtime } = exchange;
  if (exchange.tunnel !== '' || version === exchange.version || !(mirror.writes || isSafe(head.method))) return;
  const { body } = downstream;
  if (load.inFlight >= MAX_IN_FLIGHT) return void load.dropped['in-flight']++;
  // The client waits for the endpoint's word before it sends; a copy would have to wait for two.
  if (!body.complete && head.expectField >= 0) return void load.dropped.streamed++;
  const endpoint = nextEndpoint(version, undefined);
  if (!endpoint) return void load.dropped['no-endpoint']++;
  const text = writeRequestHead(head, {
    added: runtime.addedFields + SHADOW_FIELD,
    fallbackHost: exchange.plan?.service ?? '',
    upgrade: false,
    keepExpect: false,
    changes: exchange.requestChanges,
  });
  const copy = new ShadowRequest(runtime, load, text, head.isHead, undefined);
  if (body.empty) copy.body([], true);
  else if (body.complete) copy.body(body.framed(), true);
  else body.tee((parts, complete) => copy.body(parts, complete));
  (exchange.copies ??= []).push(copy);
  copy.start(endpoint);
}
