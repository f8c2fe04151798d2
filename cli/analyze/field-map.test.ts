import { describe, expect, it } from 'vitest';
import { UsageError } from '../failure.ts';
import { parseFieldMap } from './field-map.ts';

const ARMS = { baseline: 'v1', candidate: 'v2' };

describe('--map', () => {
  it('reads an access log whose numbers are text and whose times are seconds', () => {
    const map = parseFieldMap('arm=upstream_version,t=msec,latencyMs=request_time*1000', ARMS);
    expect(map({ upstream_version: 'v2', msec: '17.5', status: '502', request_time: '0.012' })).toEqual({
      t: '17.5',
      arm: 'candidate',
      status: 502,
      latencyMs: 12,
    });
  });

  it('goes into objects, and takes a dotted name as one key where it is one', () => {
    const map = parseFieldMap('arm=labels.version,status=http.status,latencyMs=duration_us/1000', ARMS);
    expect(map({ labels: { version: 'v1' }, 'http.status': 200, duration_us: 1500 })).toEqual({
      t: undefined,
      arm: 'baseline',
      status: 200,
      latencyMs: 1.5,
    });
  });

  it('scales a time where the entry says so, and hands it back as it came where not', () => {
    const line = { arm: 'candidate', status: 200, ms: 1_500, at: '2026-03-01T12:00:00Z' };
    expect(parseFieldMap('t=ms/1000', ARMS)(line)?.t).toBe(1.5);
    expect(parseFieldMap('t=at', ARMS)(line)?.t).toBe(line.at);
  });

  it('takes numbers for names of clients, and never scales a name', () => {
    expect(parseFieldMap('client=user', ARMS)({ arm: 'v1', status: 200, user: 17 })?.client).toBe('17');
    expect(() => parseFieldMap('arm=version*2', ARMS)).toThrow('arm is a name, not a number');
  });

  it('leaves out lines of other versions', () => {
    const map = parseFieldMap('arm=version', ARMS);
    expect(map({ version: 'v3', status: 200 })).toBeUndefined();
  });

  it('refuses an entry that names no known field', () => {
    expect(() => parseFieldMap('latency=request_time', ARMS)).toThrow(UsageError);
    expect(() => parseFieldMap('latencyMs', ARMS)).toThrow(UsageError);
  });
});
