import { expect, describe, it } from 'vitest';
import { ServiceDocument } from '../../contracts/document.ts';
import { bucketOf } from '../../contracts/histogram.ts';
import type { TrafficRow } from '../../contracts/telemetry.ts';
import { service } from '../testing/running-control.ts';
import { ServiceTelemetry } from './services.ts';

const REVIEWS = ServiceDocument.parse(service());
const T0 = 1_000_000_000_000;

function row(codes: Record<string, number>, us = 1_000, rest: Partial<TrafficRow> = {}): TrafficRow {
  const requests = Object.values(codes).reduce((a, b) => a + b, 0);
  return {
    source: 'edge',
    service: 'reviews',
    version: 'v1',
    route: 'default',
    codes,
    retries: 0,
    shielded: 0,
    faults: 0,
    latencySumUs: us * requests,
    latency: [[bucketOf(us), requests]],
    ...rest,
  };
}

/** Ten seconds, each with these codes, seen at the end of them. */
function healthWith(codes: Record<string, number>): string {
  const telemetry = new ServiceTelemetry();
  for (let s = 0; s < 10; s++) telemetry.add([row(codes)], T0 + s * 1_000);
  return telemetry.view(REVIEWS, T0 + 10_000).health;
}

describe('the golden signals', () => {
  it('are of the last ten whole seconds', () => {
    const telemetry = new ServiceTelemetry();
    telemetry.add([row({ 200: 1_000 })], T0);
    telemetry.add([row({ 200: 60, 503: 30, 0: 10 }, 5_000)], T0 + 1_000);
    telemetry.add([row({ 200: 500 })], T0 + 11_000); // the second that is not over
    const view = telemetry.view(REVIEWS, T0 + 11_500);
    expect(view).toMatchObject({ rps: 10, successRate: 0.6, stable: 'v1', health: 'failing' });
    expect(Math.abs((view.p99Ms ?? 0) - 5)).toBeLessThan(0.1);
    expect(view.versions.map((v) => [v.name, v.requests])).toEqual([
      ['v1', 100],
      ['v2', 0],
    ]);
  });

  it('colour a service by one rule; a 4xx is no failure of the service, and no traffic is no health', () => {
    expect(healthWith({ 200: 100, 404: 50 })).toBe('ok');
    expect(healthWith({ 200: 99, 500: 1 })).toBe('ok');
    expect(healthWith({ 200: 98, 500: 2 })).toBe('degraded');
    expect(healthWith({ 200: 95, 0: 5 })).toBe('degraded');
    expect(healthWith({ 200: 94, 502: 6 })).toBe('failing');
    expect(healthWith({})).toBe('unknown');
    expect(new ServiceTelemetry().view(REVIEWS, T0)).toMatchObject({ successRate: null, p50Ms: null, points: [] });
  });
});

describe('the points', () => {
  it('have one for each second since the first, also for those without a request, and none for the present one', () => {
    const telemetry = new ServiceTelemetry();
    telemetry.add([row({ 200: 1 })], T0);
    telemetry.add(
      [row({ 200: 2, 500: 1 }, 1_000, { shielded: 4 }), row({ 200: 1 }, 1_000, { version: 'v2' })],
      T0 + 2_500,
    );
    const { points } = telemetry.view(REVIEWS, T0 + 3_900);
    expect(points.map((p) => [p.at - T0, p.requests, p.errors, p.shielded])).toEqual([
      [0, 1, 0, 0],
      [1_000, 0, 0, 0],
      [2_000, 4, 1, 4],
    ]);
    expect(telemetry.lastPoint('reviews', T0 + 3_900)).toEqual(points.at(-1));
  });

  it('are kept for five minutes, and nothing is kept of a service that is silent for longer', () => {
    const telemetry = new ServiceTelemetry();
    for (let s = 0; s < 1_000; s++) {
      telemetry.add([row({ 200: 1 }), row({ 200: 1 }, 1, { service: `gone-${s}` })], T0 + s * 1_000);
      telemetry.trim(T0 + s * 1_000);
    }
    expect(telemetry.view(REVIEWS, T0 + 1_000_000).points).toHaveLength(300);
    expect(telemetry.size).toBeLessThanOrEqual(302);
    telemetry.trim(T0 + 2_000_000);
    expect(telemetry.size).toBe(0);
  });
});
