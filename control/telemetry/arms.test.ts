import { beforeEach, describe, expect, it } from 'vitest';
import type { ExperimentPoint } from '../../contracts/live.ts';
import { armRow } from '../testing/scripted-proxy.ts';
import { ArmTelemetry } from './arms.ts';

const T0 = 1_000_000_000_000;
const everyone = (): boolean => true;
const nobody = (): boolean => false;

let arms: ArmTelemetry;
let told: { id: string; point: ExperimentPoint }[];
beforeEach(() => {
  arms = new ArmTelemetry();
  told = [];
  arms.onPoint = (id, point) => told.push({ id, point });
});

const counts = (id: string): number[][] =>
  arms.points(id).map((p) => [p.at - T0, p.intendedPpm, ...p.arms.flatMap((a) => [a.requests, a.errors])]);

describe('the seconds of an experiment', () => {
  it('add up what came in them, and are told once each when they are over', () => {
    arms.add([armRow('x', 0, 'baseline', 0, 10, 0)], everyone, T0);
    arms.add([armRow('x', 1, 'baseline', 50_000, 9, 1), armRow('x', 1, 'candidate', 50_000, 1, 1)], everyone, T0 + 900);
    expect(told).toEqual([]);
    arms.turn(new Set(['x']), T0 + 1_100);
    arms.turn(new Set(['x']), T0 + 1_200);
    expect(counts('x')).toEqual([[0, 50_000, 19, 1, 1, 1]]);
    expect(told).toHaveLength(1);
  });

  it('go on without traffic while it runs, and end with it', () => {
    arms.add([armRow('x', 0, 'baseline', 0, 10, 0)], everyone, T0);
    for (let s = 1; s <= 3; s++) arms.turn(new Set(['x']), T0 + s * 1_000);
    for (let s = 4; s <= 9; s++) arms.turn(new Set(), T0 + s * 1_000);
    expect(counts('x').map(([at]) => at)).toEqual([0, 1_000, 2_000]);
  });

  it('are those of the last fifteen minutes', () => {
    arms.add([armRow('x', 0, 'baseline', 0, 1, 0)], everyone, T0);
    for (let s = 1; s <= 2_000; s++) arms.turn(new Set(['x']), T0 + s * 1_000);
    expect(counts('x')).toHaveLength(900);
    expect(counts('x').at(-1)?.[0]).toBe(1_999_000);
  });
});

describe('what is kept', () => {
  it('is nothing of experiments that have no overlay, but the last reports of one that just ended', () => {
    arms.add([armRow('stranger', 0, 'baseline', 0, 1, 0)], nobody, T0);
    arms.add([armRow('x', 0, 'baseline', 0, 1, 0)], everyone, T0);
    arms.add([armRow('x', 0, 'candidate', 0, 2, 2)], nobody, T0 + 100);
    arms.turn(new Set(), T0 + 1_000);
    expect(counts('stranger')).toEqual([]);
    expect(counts('x')).toEqual([[0, 0, 1, 0, 2, 2]]);
  });

  it('is every experiment that runs, and the latest twenty that ended', () => {
    const ids = Array.from({ length: 60 }, (_, i) => `x${i}`);
    for (const id of ids) arms.add([armRow(id, 0, 'baseline', 0, 1, 0)], everyone, T0);
    arms.turn(new Set(ids), T0 + 1_000);
    expect(ids.every((id) => arms.points(id).length === 1)).toBe(true);
    arms.turn(new Set(ids.slice(0, 5)), T0 + 2_000);
    const kept = ids.filter((id) => arms.points(id).length > 0);
    expect(kept).toEqual([...ids.slice(0, 5), ...ids.slice(-20)]);
  });
});
