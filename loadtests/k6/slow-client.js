/**
 * Many clients that hold a connection and say little: they must not slow the others, whose latency is what is judged.
 * (Clients that read or write slowly, which k6 cannot be, are in test/proxy: streaming and bounded-memory.)
 */
import { check, sleep } from 'k6';
import http from 'k6/http';
import { lasting, PAGE, SCALE, SLOW_MS, TARGET } from './target.js';

export const options = {
  scenarios: {
    idlers: { executor: 'constant-vus', vus: Number(__ENV.IDLERS || 500), duration: lasting(60), exec: 'idle' },
    others: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE || 50),
      timeUnit: '1s',
      duration: lasting(60),
      preAllocatedVUs: 50,
      exec: 'browse',
    },
  },
  thresholds: {
    'http_req_duration{scenario:others}': [`p(99)<${SLOW_MS}`],
    'http_req_failed{scenario:others}': ['rate<0.001'],
    'http_req_failed{scenario:idlers}': ['rate<0.001'],
    'http_reqs{scenario:idlers}': ['count>0'],
  },
};

export function idle() {
  http.get(TARGET + PAGE);
  sleep((2 + Math.random() * 6) * SCALE);
}

export function browse() {
  check(http.get(TARGET + PAGE), { 'answers 200': (r) => r.status === 200 });
}
