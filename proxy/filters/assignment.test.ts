import { describe, expect, it } from 'vitest';
import type { Overlay } from '../../contracts/overlay.ts';
import { Rule } from '../../contracts/route.ts';
import type { Exchange } from '../exchange.ts';
import { ActiveOverlay } from '../overlays.ts';
import { exchangeOf, routeContext, V1, V2, V3 } from '../testing/exchange.ts';
import { heldRuntime, readHead } from '../testing/runtime.ts';
import type { HeldRuntime } from '../testing/runtime.ts';
import { assignment } from './assignment.ts';

type Chosen = { readonly version: string | undefined; readonly arm: string | undefined };

function chosenBy({ version, arm }: Exchange): Chosen {
  return { version: version?.name, arm: arm?.arm };
}

const OVERLAY: Overlay = {
  experimentId: 'run-1',
  experiment: 'shop-v2',
  epoch: 1,
  service: 'shop',
  baseline: 'v1',
  candidate: 'v2',
  candidatePpm: 250_000,
  shield: false,
  seed: 1,
  leaseMs: 10_000,
};

/** A function that assigns one request after the other, each with these header lines. */
function assigner(
  rule: unknown,
  overlay?: Partial<Overlay>,
  runtime: HeldRuntime = heldRuntime(11),
): (...fields: string[]) => Chosen {
  const active = overlay && new ActiveOverlay(runtime, { ...OVERLAY, ...overlay });
  const { request } = assignment.build(routeContext(runtime, { rule: Rule.parse(rule), overlay: active }));
  const exchange = exchangeOf(runtime, 'GET /');
  return (...fields) => {
    readHead(exchange.downstream.head, 'GET /', ...fields);
    exchange.arm = undefined;
    request?.(exchange);
    return chosenBy(exchange);
  };
}

function countOf(assign: () => Chosen, n: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < n; i++) {
    const version = assign().version ?? 'none';
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

function expectShare(count: number | undefined, n: number, share: number): void {
  expect(Math.abs((count ?? 0) - n * share)).toBeLessThanOrEqual(3 * Math.sqrt(n * share * (1 - share)));
}

describe('a split', () => {
  it.each([
    [2.5, 0],
    [50, 25],
    [0.1, 99],
    [33.3333, 33.3333],
  ])('of %s and %s percent leaves the rest to the stable version', (two, three) => {
    const n = 20_000;
    const split = [
      { version: 'v2', weight: two },
      { version: 'v3', weight: three },
    ];
    const counts = countOf(assigner({ split }), n);
    expectShare(counts['v2'], n, two / 100);
    expectShare(counts['v3'], n, three / 100);
    expectShare(counts['v1'], n, 1 - (two + three) / 100);
  });

  it('of 100 percent, or of nothing, draws no random number', () => {
    const runtime = heldRuntime(5);
    expect(countOf(assigner({ split: [{ version: 'v3', weight: 100 }] }, undefined, runtime), 100)).toEqual({
      v3: 100,
    });
    expect(countOf(assigner({}, undefined, runtime), 100)).toEqual({ v1: 100 });
    expect(countOf(assigner({ split: [{ version: 'v2', weight: 0 }] }, undefined, runtime), 100)).toEqual({ v1: 100 });
    expect(runtime.random.uint32()).toBe(heldRuntime(5).random.uint32());
  });

  it('sends a sticky key to one version for ever, and the keys by weight', () => {
    const n = 20_000;
    const rule = { sticky: { header: 'X-User' }, split: [{ version: 'v2', weight: 30 }] };
    const assign = assigner(rule);
    const again = assigner(rule, undefined, heldRuntime(99));
    let onV2 = 0;
    for (let i = 0; i < n; i++) {
      const { version } = assign(`x-user: u${i}`);
      if (version === 'v2') onV2++;
      if (i % 50 === 0) expect(again(`x-user: u${i}`).version).toBe(version);
    }
    expectShare(onV2, n, 0.3);
  });

  it('that grows moves no key back', () => {
    const at = (weight: number): ((...f: string[]) => Chosen) =>
      assigner({ sticky: { cookie: 'sid' }, split: [{ version: 'v2', weight }] });
    const [ten, twenty] = [at(10), at(20)];
    for (let i = 0; i < 2_000; i++) {
      if (ten(`cookie: a=b; sid=${i}`).version === 'v2') expect(twenty(`cookie: a=b; sid=${i}`).version).toBe('v2');
    }
  });

  it('divides requests without the key by chance', () => {
    const n = 20_000;
    expectShare(
      countOf(assigner({ sticky: { header: 'x-user' }, split: [{ version: 'v2', weight: 50 }] }), n)['v2'],
      n,
      0.5,
    );
  });
});

describe('an overlay', () => {
  it('divides what the configuration sends to the baseline, and touches nothing else', () => {
    const n = 20_000;
    const assign = assigner({ split: [{ version: 'v3', weight: 40 }] }, {});
    const counts: Record<string, number> = {};
    for (let i = 0; i < n; i++) {
      const { version, arm } = assign();
      counts[`${version}/${arm}`] = (counts[`${version}/${arm}`] ?? 0) + 1;
    }
    expect(Object.keys(counts).sort()).toEqual(['v1/baseline', 'v2/candidate', 'v3/undefined']);
    expectShare(counts['v3/undefined'], n, 0.4);
    expectShare(counts['v2/candidate'], n, 0.6 * 0.25);
  });

  it('leaves out of both arms what the configuration sends to the candidate anyhow', () => {
    const assign = assigner({ split: [{ version: 'v2', weight: 100 }] }, {});
    expect(assign()).toEqual({ version: 'v2', arm: undefined });
  });

  it('of 0 percent sends nothing, of 100 percent everything', () => {
    expect(countOf(assigner({}, { candidatePpm: 0 }), 1_000)).toEqual({ v1: 1_000 });
    expect(countOf(assigner({}, { candidatePpm: 1_000_000 }), 1_000)).toEqual({ v2: 1_000 });
  });

  it('keeps a sticky key on its arm through every step up', () => {
    const sticky = { header: 'x-user' };
    const steps = [10_000, 50_000, 250_000, 500_000].map((candidatePpm, i) =>
      assigner({}, { sticky, candidatePpm, epoch: i }),
    );
    let reached = 0;
    for (let i = 0; i < 2_000; i++) {
      const versions = steps.map((assign) => assign(`x-user: u${i}`).version);
      const first = versions.indexOf('v2');
      if (first < 0) continue;
      reached++;
      expect(versions.slice(first).every((v) => v === 'v2')).toBe(true);
    }
    expectShare(reached, 2_000, 0.5);
  });

  it('gives a new user a cookie that brings it back to the arm that it met, where the overlay says so', () => {
    const overlay = { sticky: { cookie: 'user' }, giveCookieS: 60, candidatePpm: 500_000 };
    const runtime = heldRuntime(11);
    const active = new ActiveOverlay(runtime, { ...OVERLAY, ...overlay });
    const { request } = assignment.build(routeContext(runtime, { rule: Rule.parse({}), overlay: active }));
    const met = new Set<string | undefined>();
    for (let i = 0; i < 20; i++) {
      const first = exchangeOf(runtime, 'GET /');
      request?.(first);
      const given = /^set-cookie: (user=[0-9a-f]{24}); Path=\/; Max-Age=60;/.exec(
        first.responseChanges?.lines ?? '',
      )?.[1];
      const back = exchangeOf(runtime, 'GET /', `cookie: ${given}`);
      request?.(back);
      expect(chosenBy(back)).toEqual(chosenBy(first));
      expect(back.responseChanges).toBeUndefined();
      met.add(first.arm?.arm);
    }
    expect(met).toEqual(new Set(['baseline', 'candidate']));
  });

  it('sends as much to a fresh baseline as to the candidate, and keeps a sticky key on each through every step up', () => {
    const n = 20_000;
    const counts: Record<string, number> = {};
    const assign = assigner({}, { fresh: 'v3' });
    for (let i = 0; i < n; i++) {
      const { version, arm } = assign();
      counts[`${version}/${arm}`] = (counts[`${version}/${arm}`] ?? 0) + 1;
    }
    expectShare(counts['v2/candidate'], n, 0.25);
    expectShare(counts['v3/fresh'], n, 0.25);
    expectShare(counts['v1/baseline'], n, 0.5);
    const steps = [10_000, 250_000, 500_000].map((candidatePpm) =>
      assigner({}, { fresh: 'v3', sticky: { header: 'x-user' }, candidatePpm }),
    );
    for (let i = 0; i < 1_000; i++) {
      const versions = steps.map((step) => step(`x-user: u${i}`).version);
      const first = versions.findIndex((v) => v !== 'v1');
      expect(new Set(versions.slice(first)).size).toBe(1);
    }
  });

  it('sends previews to the candidate whatever the share, and counts them apart', () => {
    const runtime = heldRuntime();
    const preview = { headers: { 'x-preview': { exact: 'yes' } } };
    const active = new ActiveOverlay(runtime, { ...OVERLAY, candidatePpm: 0, preview });
    const { request } = assignment.build(routeContext(runtime, { overlay: active }));
    const assign = (...fields: string[]): Exchange => {
      const exchange = exchangeOf(runtime, 'GET /');
      readHead(exchange.downstream.head, 'GET /', ...fields);
      request?.(exchange);
      return exchange;
    };
    for (const fields of [['x-preview: yes'], []]) assign(...fields).arm?.record(false, 1_000);
    expect(active.counters.flatMap((c) => c.take() ?? [])).toMatchObject([
      { arm: 'baseline', requests: 1 },
      { arm: 'candidate', requests: 1, preview: true },
    ]);
    runtime.move(10_000);
    expect(assign('x-preview: yes').version?.name).toBe('v1');
  });

  it('takes only what it matches, and only while its lease lasts', () => {
    const runtime = heldRuntime();
    const assign = assigner(
      {},
      { candidatePpm: 1_000_000, match: { headers: { 'x-beta': { exact: 'yes' } } } },
      runtime,
    );
    expect(assign()).toEqual({ version: 'v1', arm: undefined });
    expect(assign('x-beta: yes')).toEqual({ version: 'v2', arm: 'candidate' });
    runtime.move(10_000);
    expect(assign('x-beta: yes')).toEqual({ version: 'v1', arm: undefined });
  });

  it('gives the shield the baseline, and an idempotent request half of the time', () => {
    const runtime = heldRuntime();
    const overlay = new ActiveOverlay(runtime, { ...OVERLAY, candidatePpm: 1_000_000, shield: true });
    const { request } = assignment.build(routeContext(runtime, { overlay, rule: Rule.parse({ timeout: '3s' }) }));
    for (const [line, perTry] of [
      ['GET /', 1_500],
      ['POST /', 0],
    ] as const) {
      const exchange = exchangeOf(runtime, line);
      request?.(exchange);
      expect([exchange.version, exchange.shieldVersion, exchange.perTryTimeoutMs]).toEqual([V2, V1, perTry]);
    }
    expect(V3.name).toBe('v3');
  });
});
