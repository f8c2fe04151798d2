/** Hours at a moderate rate (SCALE=0.01 for a look): latency of the end is that of the beginning. */
import http from 'k6/http';
import { Trend } from 'k6/metrics';
import exec from 'k6/execution';
import { lasting, PAGE, SLOW_MS, TARGET } from './target.js';

const firstTenth = new Trend('first_tenth_ms', true);
const lastTenth = new Trend('last_tenth_ms', true);

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
  thresholds: { http_req_failed: ['rate<0.0001'], http_req_duration: [`p(99.9)<${4 * SLOW_MS}`] },
};

export default function () {
  const { progress } = exec.scenario;
  const { timings } = http.get(TARGET + PAGE);
  if (progress < 0.1) firstTenth.add(timings.duration);
  if (progress > 0.9) lastTenth.add(timings.duration);
}

export function handleSummary({ metrics }) {
  const p95 = (name) => (metrics[name] ? metrics[name].values['p(95)'] : NaN);
  const [first, last] = [p95('first_tenth_ms'), p95('last_tenth_ms')];
  return { stdout: `p95 in the first tenth ${first.toFixed(1)} ms, in the last ${last.toFixed(1)} ms\n` };
}
