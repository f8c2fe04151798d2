/** The arms of an A/B test on live traffic: who meets which version, and what the answers say of goals. */
import { describe, expect, it } from 'vitest';
import type { Overlay } from '../../contracts/overlay.ts';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { overlay } from './gateway.ts';
import { header } from './naive-http.ts';
import type { RawClient } from './raw-client.ts';
import type { Script } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, upstreamThat } from './stage.ts';

const WEIGHTS = { v1: 50, v2: 30, v3: 20 };

function keyed(weights: Readonly<Record<string, number>> = WEIGHTS, changes: Partial<Overlay> = {}): Overlay {
  return overlay({
    sticky: { cookie: 'user' },
    candidatePpm: 0,
    split: {
      arms: Object.entries(weights).map(([version, weight]) => ({ version, weight })),
      sharePpm: 1_000_000,
      goals: { header: 'x-goal', names: ['signup', 'revenue'] },
    },
    ...changes,
  });
}

type Stage = { readonly dataplane: Dataplane; readonly client: RawClient };

async function stage(goal = ''): Promise<Stage> {
  const named =
    (version: string): Script =>
    ({ answer }) =>
      answer(`HTTP/1.1 200 OK\r\n${goal}content-length: 2\r\n\r\n${version}`);
  const ports: Record<string, readonly number[]> = {};
  for (const version of Object.keys(WEIGHTS)) ports[version] = [(await upstreamThat(named(version))).port];
  const { dataplane, port } = await gatewayTo({ versions: ports });
  return { dataplane, client: await clientOf(port) };
}

async function meet(client: RawClient, users: number): Promise<string[]> {
  const met: string[] = [];
  for (let i = 0; i < users; i++)
    met.push((await client.send(get('/', `cookie: user=u${i}\r\n`)).response()).body.toString());
  return met;
}

describe('the arms of an A/B test', () => {
  it('divide users by weight, and each user meets one version however often it comes', async () => {
    const { dataplane, client } = await stage();
    dataplane.setOverlays([keyed()]);
    const first = await meet(client, 200);
    expect(await meet(client, 200)).toEqual(first);
    const counted = (version: string): number => first.filter((v) => v === version).length;
    expect(counted('v1')).toBeGreaterThan(70);
    expect(counted('v2')).toBeGreaterThan(35);
    expect(counted('v3')).toBeGreaterThan(15);
    const { arms } = dataplane.takeTelemetry();
    for (const row of arms) expect(row.requests).toBe(2 * counted(row.keyed?.version ?? ''));
    expect(arms.flatMap((row) => row.keyed?.slots ?? []).length).toBeGreaterThan(195);
  });

  it('move only users towards the arm whose weight grew', async () => {
    const { dataplane, client } = await stage();
    dataplane.setOverlays([keyed()]);
    const before = await meet(client, 200);
    dataplane.setOverlays([keyed({ ...WEIGHTS, v3: 40 }, { epoch: 2 })]);
    const after = await meet(client, 200);
    const moved = after.filter((version, i) => version !== before[i]);
    expect(new Set(moved)).toEqual(new Set(['v3']));
    expect(moved.length).toBeLessThan(60);
  });

  it('count the goals that answers name, and keep them from the user', async () => {
    const { dataplane, client } = await stage('X-Goal: signup, revenue=2.5, other=9, revenue=lots\r\n');
    dataplane.setOverlays([keyed({ v1: 1, v2: 1 })]);
    for (let i = 0; i < 20; i++) {
      const answer = await client.send(get('/', `cookie: user=u${i}\r\n`)).response();
      expect(header(answer, 'x-goal')).toBeUndefined();
      expect(header(answer, 'content-length')).toBe('2');
    }
    const { arms } = dataplane.takeTelemetry();
    expect(arms).toHaveLength(2);
    for (const { requests, keyed: counts } of arms) {
      const sums = (goal: string, at: 1 | 2): number =>
        (counts?.goals[goal] ?? []).reduce((sum, entry) => sum + entry[at], 0);
      expect([sums('signup', 1), sums('signup', 2)]).toEqual([requests, requests]);
      expect([sums('revenue', 1), sums('revenue', 2)]).toEqual([requests, 2.5 * requests]);
      expect(Object.keys(counts?.goals ?? {})).toEqual(['signup', 'revenue']);
    }
  });

  it('are refused by a proxy that does not know one of the versions', async () => {
    const { dataplane } = await stage();
    const { refused } = dataplane.setOverlays([keyed({ v1: 1, v9: 1 })]);
    expect(refused).toMatchObject([{ code: 'CONFIG_REFUSED' }]);
  });
});
