import { describe, expect, it } from 'vitest';
import { isExperimentDocument } from '../../contracts/document.ts';
import { checkDocument } from '../../contracts/parse.ts';
import type { ServiceView } from '../../contracts/live.ts';
import type { Outline, OutlinedDocument } from './outline.ts';
import { outlineOf } from './outline.ts';
import { refusalsOf } from './refusals.ts';

function declare(kind: OutlinedDocument['kind'], spec: Record<string, unknown>): OutlinedDocument {
  const metadata = { name: 'r' };
  const checked = checkDocument({ apiVersion: 'meshproof.dev/v1', kind, metadata, spec });
  if (!checked.ok || !isExperimentDocument(checked.document) || checked.document.kind === 'Canary')
    throw new Error(JSON.stringify(checked));
  return checked.document;
}

function outline(
  kind: OutlinedDocument['kind'],
  spec: Record<string, unknown>,
  perMinute: number | null = 6_000,
): Outline {
  const traffic = { perMinute, baselineErrors: 0.001, latencySigma: 0.5 };
  const rates = (service: string): number | null => (service === 'ratings' ? 1_000 : perMinute);
  return outlineOf(declare(kind, spec), traffic, rates);
}

const ARMS = { service: 'reviews', baseline: 'v1', candidate: 'v2' };
const RELEASE = { ...ARMS, watch: { for: '20s' } };
const PREVIEW = { preview: { headers: { 'x-preview': { exact: 'yes' } } } };
const FAULT = { service: 'ratings', percent: 40, delay: { fixed: '400ms' } };
const CHAOS = {
  service: 'reviews',
  steadyState: { metrics: [{ name: 'success-rate', min: 99 }] },
  before: '30s',
  recovery: '30s',
};

describe('the outline of a BlueGreen', () => {
  it('has the share before the switch, and everything after it', () => {
    const { parts, durationMs, maxSharePpm, power } = outline('BlueGreen', {
      ...RELEASE,
      verify: { share: 10, min: '1m', max: '5m' },
      warm: '2m',
    });
    expect(parts).toMatchObject([
      { sharePpm: 100_000, atMs: 10_000, lastsMs: 300_000, perMinute: 600 },
      {
        what: 'everything to v2, v1 is kept warm',
        sharePpm: 1_000_000,
        atMs: 70_000,
        lastsMs: 120_000,
        perMinute: 6_000,
      },
    ]);
    // 10 s measured, 1 to 5 min verified, 2 min warm, 20 s watched
    expect(durationMs).toEqual({ least: 210_000, most: 450_000 });
    expect(maxSharePpm).toBe(1_000_000);
    const fivePoints = power.find((row) => row.question === '+5 pp errors');
    expect(fivePoints?.afterMs).toBeLessThan(60_000);
  });

  it('says that previews alone compare nothing, and what a person approves', () => {
    const { parts, power, warnings } = outline('BlueGreen', { ...RELEASE, ...PREVIEW, approval: true });
    expect(parts[0]).toMatchObject({ sharePpm: null, perMinute: null });
    expect(power).toEqual([]);
    expect(warnings).toEqual([
      'it waits for a person to approve the switch',
      'before the switch v2 is held to its guardrails by 20 previews; nothing is compared',
    ]);
  });

  it('warns when the share is too small to be verified in time', () => {
    const spec = { ...RELEASE, verify: { share: 1, max: '1m' } };
    expect(outline('BlueGreen', spec, 60).warnings.join()).toContain('as good a candidate would not PASS in 1m');
    expect(outline('BlueGreen', spec, 6e6).warnings).toEqual([]);
  });
});

describe('the outline of an ABTest', () => {
  it('divides its share by the weights, and is watched only where a winner is promoted', () => {
    const arms = [{ version: 'v1', weight: 3 }, { version: 'v2' }];
    const spec = { service: 'reviews', arms, key: { cookie: 'u' }, goals: [{ name: 'buy' }], share: 40 };
    const run = { min: '1h', max: '2d' };
    const { parts, durationMs } = outline('ABTest', { ...spec, run });
    expect(parts.map(({ what, perMinute }) => [what, perMinute])).toEqual([
      ['users of v1', 1_800],
      ['users of v2', 600],
    ]);
    expect(durationMs).toEqual({ least: 3_600_000, most: 172_800_000 });
    expect(outline('ABTest', { ...spec, run, promote: 'winner' }).durationMs.least).toBe(3_630_000);
  });
});

describe('the outline of a Chaos', () => {
  it('has each fault at its time, with the traffic of the service that it hits', () => {
    const { parts, durationMs, maxSharePpm } = outline('Chaos', {
      ...CHAOS,
      faults: [
        { name: 'slow', for: '2m', ramp: '1m', fault: FAULT },
        { name: 'dead', at: '1m', for: '2m', process: { service: 'ratings', kill: true } },
      ],
    });
    expect(parts).toEqual([
      { what: 'slow', service: 'ratings', sharePpm: 400_000, atMs: 30_000, lastsMs: 120_000, perMinute: 400 },
      { what: 'dead: processes', service: 'ratings', sharePpm: null, atMs: 90_000, lastsMs: 120_000, perMinute: null },
    ]);
    // 30 s before, 3 min of faults, 30 s after
    expect(durationMs.least).toBe(240_000);
    expect(maxSharePpm).toBe(400_000);
  });

  it('warns when too few requests come to know the steady state', () => {
    const faults = [{ name: 'slow', for: '2m', fault: FAULT }];
    expect(outline('Chaos', { ...CHAOS, faults }, 60).warnings).toEqual([
      'in 30s come about 30 requests, fewer than the 50 that the steady state needs: INCONCLUSIVE',
    ]);
    expect(outline('Chaos', { ...CHAOS, faults }).warnings).toEqual([]);
  });
});

describe('the outline of a Shadow', () => {
  it('has the copies, and the load that comparing puts on the baseline', () => {
    const { parts, warnings } = outline('Shadow', { ...ARMS, mirror: 50, compare: 20 });
    expect(parts.map((part) => part.perMinute)).toEqual([3_000, 600]);
    expect(warnings).toEqual(['each proxy compares at most 50 a second; writes are not copied']);
    const few = outline('Shadow', { ...ARMS, compare: 1 }, 60).warnings;
    expect(few.join()).toContain('about 18 comparisons come in 30m, fewer than the 100 from which it learns');
  });
});

describe('the outline of any kind', () => {
  it('says when the traffic is not known, or is none', () => {
    expect(outline('BlueGreen', { ...RELEASE, ...PREVIEW }, null).warnings.join()).toContain(
      'the traffic is not known',
    );
    expect(outline('BlueGreen', { ...RELEASE, ...PREVIEW }, 0).warnings.join()).toContain('no traffic');
  });

  it('says which other experiments it waits for', () => {
    const spec = { ...RELEASE, ...PREVIEW, after: ['shadow'], together: ['ratings-r7'] };
    expect(outline('BlueGreen', spec).warnings).toEqual(
      expect.arrayContaining(['it starts when these have passed: shadow', 'it is released together with ratings-r7']),
    );
  });
});

describe('refusals', () => {
  const view = (name: string): ServiceView =>
    ({ name, stable: 'v1', versions: [{ name: 'v1' }, { name: 'v2' }] }) as unknown as ServiceView;
  const chaos = declare('Chaos', {
    ...CHAOS,
    faults: [{ name: 'slow', for: '2m', fault: { ...FAULT, version: 'v9', at: 'attempt' } }],
  });

  it('look at every service that is touched', () => {
    expect(refusalsOf(chaos, [view('reviews')], [])).toEqual(['there is no Service "ratings"; apply it first']);
    expect(refusalsOf(chaos, [view('reviews'), view('ratings')], [])).toEqual([
      'Service "ratings" has no version "v9"',
    ]);
  });

  it('hold an ABTest to its first arm as the stable version', () => {
    const arms = [{ version: 'v2' }, { version: 'v1' }];
    const test = declare('ABTest', { service: 'reviews', arms, key: { cookie: 'u' }, goals: [{ name: 'buy' }] });
    expect(refusalsOf(test, [view('reviews')], [])).toEqual(['the stable version is v1, and the baseline is v2']);
  });
});
