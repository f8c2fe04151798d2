/**
 * Steady traffic: `node main.js URL RATE [PROFILE]`. Prints its totals as one JSON line four times a second, and ends when its
 * stdin closes or at SIGTERM, so that it never outlives who started it.
 */
import { Agent, request } from 'node:http';
import { due, dueAtMs } from './pace.ts';
import { profileOf, requestAt } from './profile.ts';
import type { Profile } from './profile.ts';
import { sendSlowly } from './slowly.ts';
import { Tally } from './tally.ts';

const TICK_MS = 4;
const REPORT_MS = 250;
const TIMEOUT_MS = 10_000;
const MAX_BURST = 200;
/** Above this the shop is hopelessly behind; further requests count as failed instead of piling up. */
const MAX_IN_FLIGHT = 2_000;

function generate(url: URL, rate: number, profile: Profile): void {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_IN_FLIGHT });
  const tally = new Tally();
  const startMs = performance.now();
  let sent = 0;
  let inFlight = 0;

  const sendOne = (dueMs: number): void => {
    tally.sent();
    let open = true;
    const end = (code: number): void => {
      if (!open) return;
      open = false;
      inFlight--;
      tally.ended(code, (performance.now() - startMs - dueMs) * 1_000);
    };
    inFlight++;
    if (inFlight > MAX_IN_FLIGHT) {
      end(0);
      return;
    }
    const { body, ...head } = requestAt(profile, sent);
    if (profile.slowlyMs !== undefined) {
      sendSlowly({ port: Number(url.port), host: url.hostname, ...head, body, overMs: profile.slowlyMs }, end);
      return;
    }
    const call = request({ agent, hostname: url.hostname, port: url.port, ...head, timeout: TIMEOUT_MS }, (answer) => {
      answer.on('end', () => {
        end(answer.statusCode ?? 0);
      });
      answer.on('error', () => {
        end(0);
      });
      answer.resume();
    });
    call.on('timeout', () => call.destroy(new Error('time-out')));
    call.on('error', () => {
      end(0);
    });
    call.end(body);
  };

  const ticking = setInterval(() => {
    const elapsedMs = Math.min(performance.now() - startMs, profile.forMs ?? Infinity);
    for (let n = due(rate, elapsedMs, sent, MAX_BURST); n > 0; n--) sendOne(dueAtMs(rate, sent++));
  }, TICK_MS);
  const reporting = setInterval(() => process.stdout.write(`${JSON.stringify(tally.view())}\n`), REPORT_MS);

  const stop = (): void => {
    clearInterval(ticking);
    clearInterval(reporting);
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.stdin.once('end', stop).resume();
}

const [target = '', rateText = '', profileText = '{}'] = process.argv.slice(2);
const rate = Number(rateText);
if (!URL.canParse(target) || !(rate > 0)) {
  console.error('usage: node main.js http://127.0.0.1:9901 280');
  process.exit(64);
}
generate(new URL(target), rate, profileOf(profileText));
