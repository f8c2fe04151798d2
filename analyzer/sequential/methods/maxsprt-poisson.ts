/**
 * Poisson MaxSPRT (Kulldorff, Davis, Kolczak, Lewis, Lieu & Platt 2011): is the rate of events higher than expected,
 * up to a known horizon? Exact, one-sided. Time is counted in events expected under the null.
 */
import { bisect } from '../../math/root.ts';
import { poissonSlice } from './poisson-slice.ts';

export type PoissonMaxSprt = {
  /** Events expected under the null by the end. */
  readonly horizon: number;
  /** Signal when the log-likelihood ratio reaches it. */
  readonly criticalValue: number;
  /** At least so many events before a signal. */
  readonly minEvents: number;
};

export type Performance = {
  readonly power: number;
  /** Given that there is a signal. */
  readonly meanTimeToSignal: number;
  /** To the signal, or to the horizon. */
  readonly meanSurveillance: number;
};

/** ln of the likelihood ratio of the best rate above the null's: mu - n + n ln(n/mu), and 0 while n <= mu. */
export function poissonLlr(events: number, expected: number): number {
  return events <= expected ? 0 : expected - events + events * Math.log(events / expected);
}

/** The critical value whose error over the whole horizon is alpha. */
export function poissonCriticalValue(horizon: number, alpha: number, minEvents: number): number {
  const error = (criticalValue: number): number =>
    poissonPerformance({ horizon, criticalValue, minEvents }, 1).power - alpha;
  return bisect(error, 1e-3, 40);
}

/**
 * What the test does when events come `relativeRisk` times as often as expected.
 *
 * The n-th event signals iff it comes before tau_n, where its ratio falls to the critical value. So between tau_(n-1)
 * and tau_n exactly the n-th event signals, and one vector, P(i events so far, no signal), is carried from one tau to
 * the next.
 */
export function poissonPerformance(test: PoissonMaxSprt, relativeRisk: number): Performance {
  let alive = [1];
  let offset = 0;
  let time = 0;
  let surveillance = 0;
  let signalled = 0;
  for (let n = test.minEvents; time < test.horizon; n++) {
    const until = Math.min(test.horizon, latestSignal(n, test.criticalValue));
    const step = poissonSlice(alive, offset, n, relativeRisk * (until - time));
    surveillance += step.lifetime / relativeRisk;
    signalled += step.reached;
    alive = step.alive;
    offset = step.offset;
    time = until;
  }
  const silent = 1 - signalled;
  return {
    power: signalled,
    meanTimeToSignal: (surveillance - test.horizon * silent) / signalled,
    meanSurveillance: surveillance,
  };
}

/** tau_n: the ratio of n events falls as the expectation rises to n. */
function latestSignal(n: number, criticalValue: number): number {
  return bisect((expected) => poissonLlr(n, expected) - criticalValue, n * 1e-18, n);
}
