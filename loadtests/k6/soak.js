/** Hours at a moderate rate (SCALE=0.01 for a look): latency of the end is that of the beginning. */
import { check } from 'k6';
import http from 'k6/http';
import { Rate } from 'k6/metrics';
import exec from 'k6/execution';
import { lasting, PAGE, SLOW_MS, TARGET } from './target.js';

/** Slower than this many times what was usual before the load began is drift. */
const DRIFT = Number(__ENV.DRIFT || 3);
const LOOKS = 100;

const drifted = new Rate('slower_at_the_end');

export const options = {
  scenarios: {
    soak: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE || 50),
      timeUnit: '1s',
      duration: lasting(7_200),
      preAllocatedVUs: 50,
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.0001'],
    http_req_duration: [`p(99.9)<${4 * SLOW_MS}`],
    slower_at_the_end: ['rate<0.05'],
  },
};

/** @returns what a request may take: nine of ten took less, times DRIFT, and no less than a millisecond */
export function setup() {
  const took = Array.from({ length: LOOKS }, () => http.get(TARGET + PAGE).timings.duration).sort((a, b) => a - b);
  return { usualMs: Math.max(1, took[Math.floor(0.9 * LOOKS)]) };
}

export default function ({ usualMs }) {
  const response = http.get(TARGET + PAGE);
  check(response, { 'answers 200': (r) => r.status === 200 });
  if (exec.scenario.progress > 0.9) drifted.add(response.timings.duration > DRIFT * usualMs);
}
