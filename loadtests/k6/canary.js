/**
 * Load while a canary runs (start it beside: `meshproof run scenarios/canary-bad.yaml`): with the shield on, users see no
 * error, whatever the candidate does.
 */
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import { lasting, PAGE, SLOW_MS, TARGET } from './target.js';

const userErrors = new Counter('user_visible_errors');

export const options = {
  scenarios: {
    canary: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE || 100),
      timeUnit: '1s',
      duration: lasting(90),
      preAllocatedVUs: 100,
    },
  },
  thresholds: {
    user_visible_errors: ['count==0'],
    http_req_duration: [`p(95)<${2 * SLOW_MS}`],
    dropped_iterations: ['count<10'],
  },
};

export default function () {
  // 0: no answer at all
  const { status } = http.get(TARGET + PAGE);
  if (status === 0 || status >= 500) userErrors.add(1);
}
