import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../../simulation/random.ts';
import { betaBinomial, betaBinomialBound, betaBinomialLogE, shareInterval } from '../beta-binomial.ts';
import { quantileRanks } from '../fixed-quantile.ts';
import { normalBound, normalLogE, optimalRho } from '../normal-mixture.ts';
import { darlingRobbinsBound } from './darling-robbins.ts';
import { bandRadius } from './dkw-lil.ts';
import { gammaBound, gammaLogE, gammaMixture } from './gamma-mixtures.ts';
import { quantileTestP } from './quantile-test.ts';
import { doubleStitchedBound, stitchedBound } from './stitching.ts';

function average(f: (x: number) => number, density: (x: number) => number, low: number, high: number): number {
  const steps = 20_000;
  let top = 0;
  let bottom = 0;
  for (let i = 0; i < steps; i++) {
    const x = low + ((i + 0.5) * (high - low)) / steps;
    top += f(x) * density(x);
    bottom += density(x);
  }
  return top / bottom;
}

describe('mixtures are the average of the martingales that they mix', () => {
  it('normal, two-sided and one-sided', () => {
    const rho = optimalRho(50, 0.05);
    const martingale = (x: number): number => Math.exp(x * 7 - (x * x * 40) / 2);
    const density = (x: number): number => Math.exp((-x * x * rho) / 2);
    expect(normalLogE(7, 40, rho, false)).toBeCloseTo(Math.log(average(martingale, density, -4, 4)), 6);
    expect(normalLogE(7, 40, rho, true)).toBeCloseTo(Math.log(average(martingale, density, 0, 4)), 6);
  });

  it('beta-binomial, two-sided and one-sided', () => {
    const [g, h, up, down] = [0.3, 0.9, 9, 14];
    const v = (up + down) * g * h;
    const p0 = g / (g + h);
    for (const oneSided of [false, true]) {
      const mixture = betaBinomial(g, h, 20, 0.05, oneSided);
      const density = (p: number): number =>
        p ** (mixture.r / (h * (g + h)) - 1) * (1 - p) ** (mixture.r / (g * (g + h)) - 1);
      const ratio = (p: number): number => (p / p0) ** up * ((1 - p) / (1 - p0)) ** down;
      const byHand = Math.log(average(ratio, density, oneSided ? p0 : 0, 1));
      expect(betaBinomialLogE(mixture, up * h - down * g, v)).toBeCloseTo(byHand, 4);
    }
  });

  it('gamma-Poisson: sub-Poisson steps of a larger intensity', () => {
    const mixture = gammaMixture('poisson', 1, 30, 0.05);
    const [s, v] = [9, 25];
    const density = (theta: number): number => theta ** (mixture.rho - 1) * Math.exp(-mixture.rho * theta);
    const martingale = (theta: number): number => Math.exp((s + v) * Math.log(theta) - v * (theta - 1));
    expect(gammaLogE(mixture, s, v)).toBeCloseTo(Math.log(average(martingale, density, 1, 12)), 4);
  });
});

describe('boundaries', () => {
  it('lie where the e-value reaches 1/alpha', () => {
    const rho = optimalRho(80, 0.1);
    const log = Math.log(20);
    expect(normalLogE(normalBound(30, 0.05, rho, true), 30, rho, true)).toBeCloseTo(log, 8);
    expect(normalLogE(normalBound(30, 0.05, rho, false), 30, rho, false)).toBeCloseTo(log, 8);
    for (const kind of ['exponential', 'poisson'] as const) {
      const mixture = gammaMixture(kind, 1.5, 60, 0.05);
      expect(gammaLogE(mixture, gammaBound(mixture, 45, 0.05), 45)).toBeCloseTo(log, 8);
    }
    const bb = betaBinomial(0.4, 0.6, 60, 0.05, true);
    expect(betaBinomialLogE(bb, betaBinomialBound(bb, 45, 0.05), 45)).toBeCloseTo(log, 8);
  });

  it('of fair walks are crossed at some time no more often than alpha allows', () => {
    const random = seeded(21);
    const rho = optimalRho(400, 0.1);
    const bounds = Array.from({ length: 2_001 }, (_, n) => [
      normalBound(n, 0.1, rho, false),
      stitchedBound(n, 0.1, 20, 0, { s: 1.4, eta: 2 }),
      darlingRobbinsBound(n, 32, Math.log(0.1)),
    ]);
    let mixed = 0;
    let stitched = 0;
    let darling = 0;
    for (let run = 0; run < 300; run++) {
      const hit = [0, 0, 0];
      let s = 0;
      for (let n = 1; n <= 2_000; n++) {
        s += random() < 0.5 ? 1 : -1;
        const [mixture = NaN, stitching = NaN, iterated = NaN] = bounds[n] ?? [];
        if (s >= mixture) hit[0] = 1;
        if (s >= stitching) hit[1] = 1;
        if (Math.abs(s) >= iterated) hit[2] = 1;
      }
      mixed += hit[0] ?? 0;
      stitched += hit[1] ?? 0;
      darling += hit[2] ?? 0;
    }
    for (const crossed of [mixed, stitched, darling]) expect(crossed / 300).toBeLessThanOrEqual(0.1 + 0.05);
    expect(mixed).toBeGreaterThan(0);
  });

  it('narrow as time passes, and widen for rarer quantiles relative to their spread', () => {
    const shape = { s: 1.4, eta: 2 };
    const radius = (t: number, p: number): number => doubleStitchedBound(p, t, 0.05, 100, 0.5, shape) / t;
    expect(radius(10_000, 0.5)).toBeLessThan(radius(1_000, 0.5) / 2);
    expect(bandRadius(10_000, 0.05, 100)).toBeLessThan(bandRadius(1_000, 0.05, 100) / 2);
    expect(bandRadius(99, 0.05, 100)).toBe(Infinity);
  });
});

describe('quantiles and shares', () => {
  it('covers the true share and the true median at many looks, from the first request on, in all but alpha of the runs', () => {
    const random = seeded(22);
    let missed = 0;
    for (let run = 0; run < 150; run++) {
      let below = 0;
      let out = false;
      for (let n = 1; n <= 400; n++) {
        if (normal(random) < 0) below++;
        if (n > 20 && n % 20 !== 0) continue;
        const [low, high] = shareInterval(below, n, 0.1, 200);
        const { lowerRank, upperRank } = quantileRanks(0.5, n, 200, 0.1);
        const ranksMiss = lowerRank > below || upperRank <= below;
        if (low > 0.5 || high < 0.5 || ranksMiss) out = true;
      }
      if (out) missed++;
    }
    expect(missed / 150).toBeLessThanOrEqual(0.1 + 0.06);
  });

  it('bounds a share from above even when nothing was seen, and from below when everything was', () => {
    const [, high] = shareInterval(0, 500, 0.05, 500);
    expect(high).toBeGreaterThan(0.003);
    expect(high).toBeLessThan(0.03);
    expect(shareInterval(500, 500, 0.05, 500)[0]).toBeCloseTo(1 - high, 9);
  });

  it('finds a shifted median, and leaves equal arms alone however many ties they have', () => {
    const a = Array.from({ length: 400 }, (_, i) => i);
    expect(quantileTestP(a, a, 0.5, 100, 0.05)).toBe(1);
    expect(
      quantileTestP(
        a,
        a.map((x) => x + 150),
        0.5,
        100,
        0.05,
      ),
    ).toBeLessThan(0.001);
    const tied = a.map((x) => Math.floor(x / 200));
    expect(quantileTestP(tied, tied, 0.5, 100, 0.05)).toBe(1);
  });
});
