import { describe, expect, it } from 'vitest';
import { readNaively } from './naive-request.ts';
import { fuzzOnce } from './request-fuzz.ts';
import { disagreement, readAsProxy } from './request-reading.ts';

describe('the codec beside a naive reader', () => {
  it('reads 5,000 drawn streams of requests alike, however the network cuts them', () => {
    const tally = { streams: 0, requests: 0, broken: 0, longestMs: 0 };
    for (let seed = 1; seed <= 5_000; seed++) fuzzOnce(seed, tally, () => 0);
    expect(tally.requests).toBeGreaterThan(3_000);
    expect(tally.broken).toBeGreaterThan(500);
  });

  it('would notice a request that only one of them sees', () => {
    const text = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
    const ours = readAsProxy([text + text]);
    expect(disagreement(readNaively(text), ours)).toContain('to the proxy only');
    expect(disagreement(readNaively(text + text + text), ours)).toContain('to the naive reader only');
  });
});
