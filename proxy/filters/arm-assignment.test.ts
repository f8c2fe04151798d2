import { describe, expect, it } from 'vitest';
import type { ArmSplit } from '../../contracts/arm-split.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { KeyedCounts } from '../../contracts/telemetry.ts';
import type { Exchange } from '../exchange.ts';
import { ActiveOverlay } from '../overlays.ts';
import { exchangeOf, routeContext } from '../testing/exchange.ts';
import { heldRuntime, readHead } from '../testing/runtime.ts';
import { assignment } from './assignment.ts';

const SPLIT: ArmSplit = {
  arms: ['v1', 'v2', 'v3'].map((version) => ({ version, weight: 1 })),
  sharePpm: 1_000_000,
  goals: { header: 'x-goal', names: ['signup'] },
};

const OVERLAY: Overlay = {
  experimentId: 'run-1',
  experiment: 'shop-ab',
  epoch: 1,
  service: 'shop',
  sticky: { cookie: 'user' },
  baseline: 'v1',
  candidate: 'v2',
  candidatePpm: 0,
  shield: false,
  seed: 1,
  leaseMs: 10_000,
  split: SPLIT,
};

type Assigner = {
  readonly active: ActiveOverlay;
  readonly assign: (...fields: string[]) => Exchange;
  readonly move: (ms: number) => void;
};

function assigner(changes: Partial<Overlay> = {}): Assigner {
  const runtime = heldRuntime(11);
  const active = new ActiveOverlay(runtime, { ...OVERLAY, ...changes });
  const { request } = assignment.build(routeContext(runtime, { overlay: active }));
  const exchange = exchangeOf(runtime, 'GET /');
  return {
    active,
    move: runtime.move,
    assign: (...fields) => {
      readHead(exchange.downstream.head, 'GET /', ...fields);
      exchange.arm = undefined;
      exchange.responseChanges = undefined;
      request?.(exchange);
      return exchange;
    },
  };
}

function keyedOf({ counters }: ActiveOverlay): KeyedCounts[] {
  return counters.flatMap((c) => c.take()?.keyed ?? []);
}

describe('the arms of an A/B test', () => {
  it('keep each user on one version, in every proxy and every epoch', () => {
    const [here, there] = [assigner(), assigner({ epoch: 9 })];
    const seen = new Set<string>();
    for (let i = 0; i < 300; i++) {
      const version = here.assign(`cookie: a=b; user=u${i}`).version?.name ?? '';
      expect(here.assign(`cookie: user=u${i}`).version?.name).toBe(version);
      expect(there.assign(`cookie: user=u${i}`).version?.name).toBe(version);
      seen.add(version);
    }
    expect([...seen].sort()).toEqual(['v1', 'v2', 'v3']);
  });

  it('leave out who has no key, and who is not of the share', () => {
    const { assign } = assigner({ split: { ...SPLIT, sharePpm: 200_000 } });
    expect(assign()).toMatchObject({ version: { name: 'v1' }, arm: undefined });
    let part = 0;
    for (let i = 0; i < 1_000; i++) if (assign(`cookie: user=u${i}`).arm) part++;
    expect(part).toBeGreaterThan(140);
    expect(part).toBeLessThan(260);
  });

  it('count a user once, however often it comes', () => {
    const { active, assign } = assigner();
    for (let round = 0; round < 3; round++) for (let i = 0; i < 100; i++) assign(`cookie: user=u${i}`);
    const slots = keyedOf(active).flatMap((keyed) => keyed.slots);
    expect(slots.length).toBeGreaterThan(95);
    expect(new Set(slots).size).toBe(slots.length);
    assign('cookie: user=u1');
    expect(keyedOf(active)).toEqual([]);
  });

  it('give a client without the cookie one, where the test says so, and count it when it is back', () => {
    const { active, assign } = assigner({ split: { ...SPLIT, giveCookieS: 60 } });
    const { arm, version, responseChanges } = assign();
    const given = /^set-cookie: (user=[0-9a-f]{24}); Path=\/; Max-Age=60; HttpOnly; SameSite=Lax\r\n$/.exec(
      responseChanges?.lines ?? '',
    )?.[1];
    expect(given).toBeDefined();
    expect(keyedOf(active)).toEqual([]);
    const back = assign(`cookie: ${given}`);
    expect(back).toMatchObject({ arm, version: { name: version?.name } });
    expect(back.responseChanges).toBeUndefined();
    expect(keyedOf(active)).toHaveLength(1);
  });

  it('are none once the lease is over', () => {
    const { assign, move } = assigner();
    expect(assign('cookie: user=u1').arm).toBeDefined();
    move(10_001);
    for (let i = 0; i < 20; i++)
      expect(assign(`cookie: user=u${i}`)).toMatchObject({ version: { name: 'v1' }, arm: undefined });
  });
});
