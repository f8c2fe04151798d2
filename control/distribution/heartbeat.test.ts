import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Document } from '../../contracts/document.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import { FaultDocument } from '../../contracts/document.ts';
import { Heartbeat, heartbeatEveryMs } from './heartbeat.ts';

const overlay = (leaseMs: number): Overlay => ({
  experimentId: 'x',
  experiment: 'c',
  epoch: 0,
  service: 'reviews',
  baseline: 'v1',
  candidate: 'v2',
  candidatePpm: 0,
  shield: false,
  seed: 0,
  leaseMs,
});
const fault = (lease: string): Document =>
  FaultDocument.parse({
    apiVersion: 'meshproof.dev/v1',
    kind: 'Fault',
    metadata: { name: 'slow' },
    spec: { service: 'reviews', delay: { fixed: '1s' }, lease },
  });

describe('the rhythm', () => {
  it('is a third of the shortest lease, of faults as of overlays', () => {
    expect(heartbeatEveryMs([overlay(900), overlay(1_500)], [])).toBe(300);
    expect(heartbeatEveryMs([overlay(1_500)], [fault('600ms')])).toBe(200);
  });

  it('is at least once a second while anything is under a lease, and slower when nothing is', () => {
    expect(heartbeatEveryMs([overlay(60_000)], [])).toBe(1_000);
    expect(heartbeatEveryMs([], [fault('5m')])).toBe(1_000);
    expect(heartbeatEveryMs([], [])).toBe(3_000);
  });

  it('does not follow a lease of nothing at all', () => {
    expect(heartbeatEveryMs([overlay(1)], [])).toBe(50);
  });
});

describe('the timer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('beats on while it is told the same rhythm again and again', () => {
    let beats = 0;
    const heartbeat = new Heartbeat(() => beats++);
    heartbeat.every(1_000);
    for (let i = 0; i < 50; i++) {
      vi.advanceTimersByTime(100);
      heartbeat.every(1_000);
    }
    expect(beats).toBe(6);
    heartbeat.close();
    vi.advanceTimersByTime(10_000);
    expect(beats).toBe(6);
  });

  it('beats at once when the rhythm changes, so that no lease waits for the sum of both', () => {
    const beats: number[] = [];
    const startMs = Date.now();
    const heartbeat = new Heartbeat(() => beats.push(Date.now() - startMs));
    heartbeat.every(1_000);
    vi.advanceTimersByTime(900);
    heartbeat.every(100);
    vi.advanceTimersByTime(100);
    expect(beats).toEqual([0, 900, 1_000]);
    heartbeat.close();
  });
});
