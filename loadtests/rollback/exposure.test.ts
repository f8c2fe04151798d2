import { describe, expect, it } from 'vitest';
import { exposureOf } from './exposure.ts';

const VERSIONS = { baseline: 'v1', candidate: 'v2' };

function line(atMs: number, version: string, status: number, experiment = 'run'): string {
  return JSON.stringify({ time: new Date(atMs).toISOString(), version, status, experiment });
}

describe('the exposure of users to a candidate', () => {
  it('lasts from the first bad answer to the last request of any proxy, whatever that was answered', () => {
    const lines = [line(900, 'v2', 200), line(1_000, 'v2', 500), line(1_250, 'v2', 200), line(1_100, 'v2', 503)];
    expect(exposureOf(lines, 'run', VERSIONS)).toMatchObject({ ms: 250, candidateRequests: 4 });
  });

  it('counts what the baseline got meanwhile, and nothing of other runs', () => {
    const lines = [line(1_000, 'v2', 0), line(1_100, 'v1', 200), line(1_300, 'v1', 200), line(1_200, 'v2', 500)];
    const others = [line(5_000, 'v2', 500, 'other'), line(1_150, 'v1', 200, 'other')];
    expect(exposureOf([...others, ...lines], 'run', VERSIONS)).toEqual({
      ms: 200,
      candidateRequests: 2,
      baselineRequests: 1,
    });
  });

  it('is unknown where no answer was bad, never zero', () => {
    expect(exposureOf([line(1_000, 'v2', 200)], 'run', VERSIONS)).toBeUndefined();
  });

  it('does without a line that is being written', () => {
    const cut = line(9_000, 'v2', 500).slice(0, -4);
    expect(exposureOf([line(1_000, 'v2', 500), cut], 'run', VERSIONS)).toMatchObject({ ms: 0 });
  });
});
