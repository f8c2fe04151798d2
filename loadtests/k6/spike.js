/** Ten times the rate within a second, and back: what is accepted is answered, and afterwards all is as before. */
import http from 'k6/http';
import { Counter } from 'k6/metrics';
import exec from 'k6/execution';
import { lasting, PAGE, secondsOf, SLOW_MS, TARGET } from './target.js';

const BASE = Number(__ENV.RATE || 50);
const STAGES = [
  { target: BASE, duration: lasting(20) },
  { target: BASE * 10, duration: lasting(1) },
  { target: BASE * 10, duration: lasting(20) },
  { target: BASE, duration: lasting(1) },
  { target: BASE, duration: lasting(20) },
];
/** The first half of the last stage is for getting well again. */
const WELL_AT_MS = (secondsOf(STAGES) - parseInt(STAGES[4].duration, 10) / 2) * 1_000;

const unmarked = new Counter('shed_without_code');

export const options = {
  scenarios: {
    spike: {
      executor: 'ramping-arrival-rate',
      startRate: BASE,
      timeUnit: '1s',
      preAllocatedVUs: 200,
      stages: STAGES,
    },
  },
  // Shedding (503 with the code OVERLOADED) is an answer; a broken connection or another failure is none.
  thresholds: {
    http_req_failed: ['rate<0.001'],
    shed_without_code: ['count==0'],
    'http_req_duration{phase:spike}': [`p(99)<${4 * SLOW_MS}`],
    'http_req_duration{phase:after}': [`p(99)<${SLOW_MS}`],
    'http_reqs{phase:after}': ['count>0'],
  },
};

export default function () {
  const phase = Date.now() - exec.scenario.startTime > WELL_AT_MS ? 'after' : 'spike';
  const response = http.get(TARGET + PAGE, {
    responseCallback: http.expectedStatuses(200, 503),
    tags: { phase },
  });
  if (response.status === 503 && response.headers['X-Meshproof-Error'] !== 'OVERLOADED') unmarked.add(1);
}
