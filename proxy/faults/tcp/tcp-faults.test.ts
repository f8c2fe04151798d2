/** Each kind of fault on connections, on a clock that the test moves. */
import { describe, expect, it } from 'vitest';
import { laneUnder } from '../../testing/lane.ts';
import { LANE_BYTES } from './lane.ts';

const TICK_MS = 5;

describe('latency', () => {
  it('lets each part come later by as much, in order, and the end behind them', () => {
    const { send, wait, out, lane } = laneUnder({ latency: { delay: '100ms' } });
    send('a');
    wait(50);
    send('b');
    lane.finish('end');
    wait(49);
    expect(out).toEqual([]);
    wait(1 + TICK_MS);
    expect(out).toEqual(['a']);
    wait(50 + TICK_MS);
    expect(out).toEqual(['a', 'b', 'end']);
  });

  it('varies by up to the jitter and never changes the order', () => {
    const { send, wait, out } = laneUnder({ latency: { delay: '100ms', jitter: '50ms' } });
    const cameAfterMs: number[] = [];
    for (let i = 0; i < 40; i++) {
      send(`${i}`);
      const before = out.length;
      for (let ms = 0; out.length === before; ms++) {
        wait(1);
        cameAfterMs[i] = ms;
      }
    }
    expect(out).toEqual(Array.from({ length: 40 }, (_, i) => `${i}`));
    expect(Math.min(...cameAfterMs)).toBeGreaterThanOrEqual(49);
    expect(Math.max(...cameAfterMs)).toBeLessThanOrEqual(150 + TICK_MS);
    expect(Math.max(...cameAfterMs) - Math.min(...cameAfterMs)).toBeGreaterThan(40);
  });

  it('counts the connection once, and gives what waits free at a halt', () => {
    const { send, out, halt, counted } = laneUnder({ latency: { delay: '1h' } });
    send('a');
    send('b');
    expect(counted()).toBe(1);
    halt();
    send('c');
    expect(out).toEqual(['a', 'b', 'c']);
  });
});

describe('bandwidth', () => {
  it('lets bytes through at the rate, however they came', () => {
    const { send, wait, out } = laneUnder({ bandwidth: { bytesPerSecond: 1_000 } });
    send('x'.repeat(300));
    send('y'.repeat(300));
    wait(400);
    const bytes = out.join('').length;
    expect(bytes).toBeGreaterThanOrEqual(370);
    expect(bytes).toBeLessThanOrEqual(400);
    wait(300);
    expect(out.join('')).toBe('x'.repeat(300) + 'y'.repeat(300));
  });

  it('saves nothing up while the connection is quiet', () => {
    const { send, wait, out } = laneUnder({ bandwidth: { bytesPerSecond: 1_000 } });
    wait(5_000);
    send('x'.repeat(1_000));
    wait(100);
    expect(out.join('').length).toBeLessThanOrEqual(100);
  });

  it('lets nothing through at a rate of 0, and holds a bounded number of bytes', () => {
    const { send, wait, out, halt } = laneUnder({ bandwidth: { bytesPerSecond: 0 } });
    expect(send('x'.repeat(LANE_BYTES - 1))).toBe(true);
    expect(send('x')).toBe(false);
    wait(10_000);
    expect(out).toEqual([]);
    halt();
    expect(out.join('').length).toBe(LANE_BYTES + 'room'.length);
  });
});

describe('slicer', () => {
  it('cuts into slices around the size that was asked for, and loses nothing', () => {
    const { send, wait, out } = laneUnder({ slicer: { averageBytes: 64, variationBytes: 32, delay: '10ms' } });
    const text = Array.from({ length: 1_000 }, (_, i) => `${i % 10}`).join('');
    send(text);
    expect(out).toHaveLength(1);
    wait(1_000);
    expect(out.join('')).toBe(text);
    expect(out.length).toBeGreaterThan(1_000 / 96);
    for (const slice of out) expect(slice.length).toBeLessThanOrEqual(96);
    expect(new Set(out.map(({ length }) => length)).size).toBeGreaterThan(3);
  });

  it('does not count a connection on which everything was small already', () => {
    const { send, counted } = laneUnder({ slicer: { averageBytes: 64 } });
    send('x'.repeat(64));
    expect(counted()).toBe(0);
    send('x'.repeat(65));
    expect(counted()).toBe(1);
  });
});

describe('reset', () => {
  it('comes so long after the first bytes, which still pass', () => {
    const { send, wait, out } = laneUnder({ reset: { after: '200ms' } });
    wait(1_000);
    send('a');
    wait(150);
    send('b');
    wait(50 + TICK_MS);
    expect(out).toEqual(['a', 'b', 'reset']);
  });

  it('meets a connection that was open before, though it is idle', () => {
    const { wait, out } = laneUnder({ reset: { after: '200ms' } }, { isLate: true });
    wait(200 + TICK_MS);
    expect(out).toEqual(['reset']);
  });

  it('does not come after a halt', () => {
    const { send, wait, halt, out, counted } = laneUnder({ reset: { after: '200ms' } });
    send('a');
    halt();
    wait(1_000);
    expect(out).toEqual(['a']);
    expect(counted()).toBe(0);
  });
});

describe('black hole', () => {
  it('swallows everything, and closes after so long without a byte', () => {
    const { send, wait, out } = laneUnder({ blackHole: { timeout: '200ms' } });
    send('a');
    wait(150);
    send('b');
    wait(150);
    expect(out).toEqual([]);
    wait(50 + TICK_MS);
    expect(out).toEqual(['close']);
  });

  it('never closes without a timeout, and then at a halt, because bytes are missing', () => {
    const { send, wait, halt, out, lane } = laneUnder({ blackHole: {} });
    send('a');
    lane.finish('end');
    wait(100_000);
    expect(out).toEqual([]);
    halt();
    expect(out).toEqual(['close']);
  });

  it('lets a connection live on that lost nothing in it', () => {
    const { send, halt, out } = laneUnder({ blackHole: {} });
    halt();
    send('a');
    expect(out).toEqual(['a']);
  });
});

describe('limit of data', () => {
  it('closes after exactly so many bytes', () => {
    const { send, out, counted } = laneUnder({ limitData: { bytes: 5 } });
    send('abc');
    expect(counted()).toBe(0);
    send('defg');
    send('h');
    expect(out).toEqual(['abc', 'de', 'close']);
    expect(counted()).toBe(1);
  });
});

describe('slow close', () => {
  it('passes bytes on at once and the end later, or at a halt', () => {
    const { send, wait, out, lane, halt } = laneUnder({ slowClose: { delay: '1s' } });
    send('a');
    lane.finish('end');
    wait(999);
    expect(out).toEqual(['a']);
    halt();
    expect(out).toEqual(['a', 'end']);
    wait(1_000);
    expect(out).toEqual(['a', 'end']);
  });
});

it('several in one document act one after the other', () => {
  const { send, wait, out } = laneUnder({
    limitData: { bytes: 4 },
    latency: { delay: '100ms' },
    slowClose: { delay: '1s' },
  });
  send('abcdef');
  wait(100 + TICK_MS);
  expect(out).toEqual(['abcd']);
  wait(1_000 + TICK_MS);
  expect(out).toEqual(['abcd', 'close']);
});
