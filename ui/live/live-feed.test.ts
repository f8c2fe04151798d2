import { describe, expect, test } from 'vitest';
import { liveUrl, readMessage, retryDelayMs } from './live-feed.ts';

describe('the live feed', () => {
  test('waits longer with every attempt, up to a cap, and never the same on every page', () => {
    expect([0, 1, 2, 9].map((n) => retryDelayMs(n, 0.5))).toEqual([250, 500, 1_000, 4_000]);
    expect(retryDelayMs(0, 0)).toBeLessThan(retryDelayMs(0, 0.99));
  });

  test('leaves out messages of a type that it does not know', () => {
    expect(readMessage('{"type":"weather"}')).toBeUndefined();
    expect(readMessage('null')).toBeUndefined();
    expect(readMessage('{"type":"journal","entry":{}}')).toMatchObject({ type: 'journal' });
  });

  test('speaks to the server of the page, encrypted where the page is', () => {
    expect(liveUrl('http://127.0.0.1:9900/experiments/a?window=1m')).toBe('ws://127.0.0.1:9900/api/v1/live');
    expect(liveUrl('https://mesh.example/')).toBe('wss://mesh.example/api/v1/live');
  });
});
