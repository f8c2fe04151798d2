/** Ten times the rate within a second, and back: what is accepted is answered, and afterwards all is as before. */
import http from 'k6/http';
import { lasting, PAGE, TARGET } from './target.js';

const BASE = Number(__ENV.RATE || 50);

export const options = {
  scenarios: {
    spike: {
      executor: 'ramping-arrival-rate',
      startRate: BASE,
      timeUnit: '1s',
      preAllocatedVUs: 200,
      stages: [
        { target: BASE, duration: lasting(20) },
        { target: BASE * 10, duration: lasting(1) },
        { target: BASE * 10, duration: lasting(20) },
        { target: BASE, duration: lasting(1) },
        { target: BASE, duration: lasting(20) },
      ],
    },
  },
  // Shedding (503 with the code OVERLOADED) is an answer; a broken connection or another failure is none.
  thresholds: { 'http_req_failed{expected_shed:no}': ['rate<0.001'] },
};

export default function () {
  const response = http.get(TARGET + PAGE, {
    responseCallback: http.expectedStatuses(200, 503),
    tags: { expected_shed: 'no' },
  });
  if (response.status === 503 && response.headers['X-Meshproof-Error'] !== 'OVERLOADED') {
    throw new Error(`503 with the code ${response.headers['X-Meshproof-Error']}`);
  }
}
