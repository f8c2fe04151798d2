/** What Kayenta's judge does to a series before it compares: missing points and outliers. */
import { mean, percentile, std } from './statistics.ts';

export type NanStrategy = 'remove' | 'replace';

/** An empty series stays empty, also when missing points are replaced by 0. */
export function withoutNaN(data: readonly number[], strategy: NanStrategy): number[] {
  if (strategy === 'remove') return data.filter((x) => !Number.isNaN(x));
  return data.map((x) => (Number.isNaN(x) ? 0 : x));
}

/** Which points are outliers. */
export type Detector = (data: readonly number[]) => boolean[];

/** Beyond `factor` interquartile ranges from the quartiles; with reduced sensitivity never within P1…P99. */
export function iqrDetector(factor: number, reduceSensitivity: boolean): Detector {
  return (data) => {
    const [q1, q3] = [percentile(data, 25), percentile(data, 75)];
    const reach = factor * (q3 - q1);
    const low = reduceSensitivity ? Math.min(percentile(data, 1), q1 - reach) : q1 - reach;
    const high = reduceSensitivity ? Math.max(percentile(data, 99), q3 + reach) : q3 + reach;
    return data.map((x) => x < low || x > high);
  };
}

/** More than k standard deviations from the mean. */
export function kSigmaDetector(k: number): Detector {
  return (data) => {
    const [centre, spread] = [mean(data), std(data)];
    return data.map((x) => Math.abs(x - centre) > k * spread);
  };
}

export function removeOutliers(data: readonly number[], detector: Detector): number[] {
  const outliers = detector(data);
  return data.filter((_, i) => !outliers[i]);
}
