/** A steady rate, as on any working day: nothing fails, and the slowest hundredth is still quick. */
import { check } from 'k6';
import http from 'k6/http';
import { lasting, PAGE, SLOW_MS, TARGET } from './target.js';

export const options = {
  scenarios: {
    steady: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE || 100),
      timeUnit: '1s',
      duration: lasting(60),
      preAllocatedVUs: 50,
    },
  },
  thresholds: {
    http_req_failed: ['rate<0.001'],
    http_req_duration: [`p(99)<${SLOW_MS}`],
    dropped_iterations: ['count<10'],
  },
};

export default function () {
  check(http.get(TARGET + PAGE), { 'answers 200': (r) => r.status === 200 });
}
