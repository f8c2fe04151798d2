import { beforeEach, describe, expect, it } from 'vitest';
import type { Overlay } from '../../contracts/overlay.ts';
import type { ProcessFaultSpec } from '../../contracts/process-fault.ts';
import { HostFaults } from './host-faults.ts';
import type { Target } from './host-faults.ts';

/** What was done to the processes, in order. */
let done: string[] = [];
let nowMs = 0;
/** Called when what presses the machine does so. */
let begun: () => void = () => undefined;

const target = (service: string, version: string, runs = true): Target => {
  const note = (what: string): boolean => {
    done.push(`${version} ${what}`);
    return runs;
  };
  return { service, version, signal: note, holdDown: () => note('down'), letBack: () => void note('back') };
};
const make = (targets: readonly Target[]): HostFaults =>
  new HostFaults({
    targets: () => targets,
    press: ({ cpu }, pressing) => {
      done.push(`press ${cpu?.cores}`);
      begun = pressing;
      return () => void done.push('release');
    },
    nowMs: () => nowMs,
    tell: () => undefined,
  });
const overlay = (epoch: number, ...specs: readonly ProcessFaultSpec[]): Overlay => ({
  experimentId: 'e1',
  experiment: 'chaos',
  epoch,
  service: 'shop',
  baseline: 'v1',
  candidate: 'v1',
  candidatePpm: 0,
  shield: false,
  seed: 1,
  leaseMs: 1_000,
  processFaults: specs.map((spec, i) => ({ name: `f${i}`, spec })),
});

describe('the process faults of a host', () => {
  beforeEach(() => {
    done = [];
    nowMs = 0;
  });

  it('pauses the versions that it is told, tells how many, and lets them go on when the overlay is gone', () => {
    const faults = make([target('shop', 'v1'), target('shop', 'v2'), target('cart', 'c1')]);
    faults.setOverlays([overlay(0, { service: 'shop', version: 'v2', pause: true }, { service: 'cart', pause: true })]);
    expect(done).toEqual(['v2 SIGSTOP', 'c1 SIGSTOP']);
    expect(faults.takeTelemetry().hits).toEqual([
      { experimentId: 'e1', fault: 'f0', hits: 1 },
      { experimentId: 'e1', fault: 'f1', hits: 1 },
    ]);
    expect(faults.takeTelemetry().hits, 'told once').toEqual([]);
    faults.setOverlays([]);
    expect(done.slice(2)).toEqual(['v2 SIGCONT', 'c1 SIGCONT']);
  });

  it('does not act again for a later epoch with the same fault', () => {
    const faults = make([target('shop', 'v1')]);
    faults.setOverlays([overlay(0, { service: 'shop', kill: true })]);
    faults.setOverlays([overlay(1, { service: 'shop', kill: true })]);
    expect(done).toEqual(['v1 SIGKILL']);
  });

  it('lets go by itself when the lease runs out, and not before', () => {
    const faults = make([target('shop', 'v1')]);
    const expired: unknown[] = [];
    faults.onLeaseExpired = (...args) => expired.push(args);
    faults.setOverlays([overlay(3, { service: 'shop', down: true })]);
    nowMs = 900;
    faults.renewLeases(['e1']);
    nowMs = 1_800;
    faults.sweep();
    expect(done).toEqual(['v1 down']);
    nowMs = 1_900;
    faults.sweep();
    expect(done).toEqual(['v1 down', 'v1 back']);
    expect(expired).toEqual([['e1', 3]]);
    expect(faults.hasOverlays()).toBe(false);
  });

  it('undoes everything at a halt', () => {
    const faults = make([target('shop', 'v1')]);
    faults.setOverlays([overlay(0, { service: 'shop', cpu: { cores: 2 } }, { service: 'shop', pause: true })]);
    expect(faults.halt()).toEqual({ overlays: 1, faults: 2 });
    expect(done).toEqual(['press 2', 'v1 SIGSTOP', 'release', 'v1 SIGCONT']);
    faults.setOverlays([]);
    expect(done).toHaveLength(4);
  });

  it('counts a pressure once the machine has it, not when it was asked for', () => {
    const faults = make([target('shop', 'v1'), target('shop', 'v2')]);
    faults.setOverlays([overlay(0, { service: 'shop', cpu: { cores: 1 } })]);
    expect(faults.takeTelemetry().hits).toEqual([]);
    begun();
    expect(faults.takeTelemetry().hits).toEqual([{ experimentId: 'e1', fault: 'f0', hits: 2 }]);
    faults.setOverlays([]);
    expect(done).toEqual(['press 1', 'release']);
  });

  it('counts no hit where nothing runs: an experiment must not pass for what it never did', () => {
    const faults = make([target('shop', 'v1', false)]);
    const nowhere = { service: 'nothing', cpu: { cores: 1 } };
    faults.setOverlays([overlay(0, { service: 'shop', kill: true }, nowhere)]);
    expect(faults.takeTelemetry().hits).toEqual([]);
    expect(done).toEqual(['v1 SIGKILL']);
  });
});
