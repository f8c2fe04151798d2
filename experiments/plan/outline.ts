/** What an experiment that is no canary would touch, part by part, and for how long. Pure. */
import type { ABTestSpec } from '../../contracts/ab-test.ts';
import type { BlueGreenSpec } from '../../contracts/blue-green.ts';
import type { ChaosFault, ChaosSpec } from '../../contracts/chaos.ts';
import { lastMs } from '../../contracts/chaos.ts';
import type { CanaryDocument, ExperimentDocument } from '../../contracts/document.ts';
import type { Match } from '../../contracts/match.ts';
import type { ShadowSpec } from '../../contracts/shadow.ts';
import { formatDuration, PPM } from '../../contracts/units.ts';
import { timeToEvidence } from './evidence-time.ts';
import type { PowerRow } from './plan.ts';
import { questionsOf } from './questions.ts';
import type { Traffic } from './questions.ts';
import { waitsOf } from './waits.ts';

export type OutlinedDocument = Exclude<ExperimentDocument, CanaryDocument>;

export type Part = {
  /** In words: `everything to v7, v6 is kept warm`. */
  readonly what: string;
  readonly service: string;
  /** At the most; null where it is not told by a share: previews, processes. */
  readonly sharePpm: number | null;
  /** After the experiment has begun. */
  readonly atMs: number;
  /** At the most. */
  readonly lastsMs: number;
  /** Requests touched; null where it is not known. */
  readonly perMinute: number | null;
};

export type Outline = {
  readonly kind: OutlinedDocument['kind'];
  readonly name: string;
  readonly service: string;
  readonly match: Match | null;
  readonly traffic: Traffic;
  readonly parts: readonly Part[];
  readonly maxSharePpm: number;
  readonly durationMs: { readonly least: number; readonly most: number };
  readonly power: readonly PowerRow[];
  readonly warnings: readonly string[];
};

/** Requests to a service in a minute; null when it is not known. */
export type Rates = (service: string) => number | null;

type Told = Pick<Outline, 'parts' | 'durationMs'> & {
  readonly power?: readonly PowerRow[];
  readonly warnings?: readonly string[];
};

/** @param traffic - that of the experiment's own service */
export function outlineOf(document: OutlinedDocument, traffic: Traffic, rates: Rates): Outline {
  const { kind, metadata, spec } = document;
  const { parts, durationMs, power = [], warnings = [] } = told(document, traffic, rates);
  const match = 'match' in spec ? (spec.match ?? null) : null;
  return {
    kind,
    name: metadata.name,
    service: spec.service,
    match,
    traffic,
    parts,
    maxSharePpm: Math.max(...parts.map((part) => part.sharePpm ?? 0)),
    durationMs,
    power,
    warnings: [
      ...waitsOf(spec, kind === 'BlueGreen' ? 'the switch' : undefined),
      ...trafficWarnings(traffic, match),
      ...warnings,
    ],
  };
}

function told({ kind, spec }: OutlinedDocument, traffic: Traffic, rates: Rates): Told {
  switch (kind) {
    case 'BlueGreen':
      return blueGreen(spec, traffic);
    case 'ABTest':
      return abTest(spec, traffic);
    case 'Chaos':
      return chaos(spec, rates);
    case 'Shadow':
      return shadow(spec, traffic);
  }
}

function shareOf(perMinute: number | null, sharePpm: number): number | null {
  return perMinute === null ? null : (perMinute * sharePpm) / PPM;
}

function blueGreen(spec: BlueGreenSpec, traffic: Traffic): Told {
  const { service, candidate, verify, measure, warm, watch, deadline } = spec;
  const { share } = verify;
  const least = measure + verify.min + warm;
  const most = Math.max(measure, Math.min(deadline, measure + verify.max + warm));
  const before = {
    what: share > 0 ? `compared on ${candidate} before the switch` : `previews on ${candidate} before the switch`,
    service,
    sharePpm: share > 0 ? share : null,
    atMs: measure,
    lastsMs: verify.max,
    perMinute: share > 0 ? shareOf(traffic.perMinute, share) : null,
  };
  const what = `everything to ${candidate}, ${spec.baseline} is kept warm`;
  const after = {
    what,
    service,
    sharePpm: PPM,
    atMs: measure + verify.min,
    lastsMs: warm,
    perMinute: traffic.perMinute,
  };
  const power = share > 0 ? powerOf(spec, traffic, share) : [];
  const found = (row: PowerRow): boolean => row.verdict === 'PASS' && row.afterMs === null;
  const warnings =
    share === 0
      ? [`before the switch ${candidate} is held to its guardrails by ${verify.requests} previews; nothing is compared`]
      : traffic.perMinute === null
        ? []
        : power
            .filter(found)
            .map((row) => `${row.metric}: as good a candidate would not PASS in ${formatDuration(verify.max)}`);
  return {
    parts: [before, after],
    durationMs: { least: Math.min(deadline, least) + watch.for, most: most + watch.for },
    power,
    warnings,
  };
}

function powerOf({ analysis, verify }: BlueGreenSpec, traffic: Traffic, weightPpm: number): PowerRow[] {
  const step = { weightPpm, holdMs: verify.min, candidatePerMinute: shareOf(traffic.perMinute, weightPpm) };
  return questionsOf(analysis, traffic).map(({ metric, question, verdict, needed }) => {
    const found = timeToEvidence([step], verify.max - verify.min, needed);
    const candidateRequests = found?.candidateRequests ?? needed(weightPpm);
    const afterMs = found ? Math.max(found.afterMs, verdict === 'PASS' ? verify.min : 0) : null;
    return { metric, question, verdict, candidateRequests, afterMs };
  });
}

function abTest(spec: ABTestSpec, { perMinute }: Traffic): Told {
  const { service, arms, share, run, deadline, watch } = spec;
  const weights = arms.reduce((sum, arm) => sum + arm.weight, 0);
  const watched = spec.promote === 'winner' ? watch.for : 0;
  const parts = arms.map(({ version, weight }) => {
    const sharePpm = Math.round((share * weight) / weights);
    return {
      what: `users of ${version}`,
      service,
      sharePpm,
      atMs: 0,
      lastsMs: run.max,
      perMinute: shareOf(perMinute, sharePpm),
    };
  });
  const most = Math.min(deadline, run.max);
  return {
    parts,
    durationMs: { least: Math.min(deadline, run.min) + watched, most: most + watched },
    warnings: [
      'users are divided, not requests: those without the key take no part, and goals decide how much is found',
    ],
  };
}

function chaos(spec: ChaosSpec, rates: Rates): Told {
  const { before, recovery, steadyState } = spec;
  const lastsMs = before + lastMs(spec.faults) + recovery;
  const own = rates(spec.service);
  const shortest = Math.min(before, recovery);
  const met = own === null ? null : (own * shortest) / 60_000;
  const warnings =
    met !== null && met < steadyState.requests
      ? [
          `in ${formatDuration(shortest)} come about ${Math.round(met)} requests, fewer than the ${steadyState.requests} that the steady state needs: INCONCLUSIVE`,
        ]
      : [];
  return {
    parts: spec.faults.map((fault) => faultPart(fault, spec, rates)),
    durationMs: { least: lastsMs, most: Math.max(lastsMs, spec.deadline) },
    warnings,
  };
}

function faultPart({ name, at, for: lastsMs, fault, process }: ChaosFault, spec: ChaosSpec, rates: Rates): Part {
  const service = fault?.service ?? process?.service ?? spec.service;
  const atMs = spec.before + at;
  if (!fault) return { what: `${name}: processes`, service, sharePpm: null, atMs, lastsMs, perMinute: null };
  const sharePpm = fault.percent;
  // Connections are not counted in requests.
  const isOfRequests = (fault.tcp ?? fault.tls ?? fault.endpointGone ?? fault.partition) === undefined;
  if (!isOfRequests) return { what: `${name}: connections`, service, sharePpm, atMs, lastsMs, perMinute: null };
  // The caps of each proxy may keep it from some.
  const what = fault.match || fault.version !== undefined || fault.first ? `${name}, of those that match` : name;
  return { what, service, sharePpm, atMs, lastsMs, perMinute: shareOf(rates(service), sharePpm) };
}

function shadow(spec: ShadowSpec, { perMinute }: Traffic): Told {
  const { service, candidate, mirror, run, deadline, maxComparedPerSecond, analysis } = spec;
  const comparePpm = Math.round((mirror * spec.compare) / PPM);
  const part = (what: string, sharePpm: number): Part => ({
    what,
    service,
    sharePpm,
    atMs: 0,
    lastsMs: run.max,
    perMinute: shareOf(perMinute, sharePpm),
  });
  const compared = shareOf(perMinute, comparePpm);
  const most = Math.min(deadline, run.max);
  const inAll = compared === null ? null : (compared * most) / 60_000;
  const warnings = [
    `each proxy compares at most ${maxComparedPerSecond} a second; writes are ${spec.writes === 'never' ? 'not copied' : `copied (${spec.writes})`}`,
    ...(inAll !== null && inAll < analysis.learn
      ? [
          `about ${Math.round(inAll)} comparisons come in ${formatDuration(most)}, fewer than the ${analysis.learn} from which it learns: INCONCLUSIVE`,
        ]
      : []),
  ];
  return {
    parts: [part(`copies to ${candidate}`, mirror), part(`compared: ${spec.baseline} is asked once more`, comparePpm)],
    durationMs: { least: Math.min(deadline, run.min), most },
    warnings,
  };
}

function trafficWarnings({ perMinute }: Traffic, match: Match | null): string[] {
  return [
    ...(match ? ['only requests that match take part: the service as a whole has more of them'] : []),
    ...(perMinute === null ? ['the traffic is not known: give --rate, or ask a control plane that sees it'] : []),
    ...(perMinute === 0 ? ['the service has no traffic: the run would end INCONCLUSIVE'] : []),
  ];
}
