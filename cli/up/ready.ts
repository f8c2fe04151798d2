/** Waits until something that was started answers. */
import { connect } from 'node:net';
import { MeshproofError } from '../../contracts/errors.ts';
import { parseAddress } from '../../contracts/units.ts';
import { pause } from '../api/pause.ts';
import type { Child } from './child.ts';

const ASK_EVERY_MS = 50;

/**
 * Resolves when the child answers at its `ready` address, or at once where it has none.
 * @throws MeshproofError INTERNAL with the end of its log, when it ends first or does not answer in time
 */
export async function waitUntilReady(child: Child, signal: AbortSignal): Promise<void> {
  const { ready, name } = child.plan;
  if (!ready) return;
  const deadlineMs = performance.now() + ready.timeoutMs;
  while (!signal.aborted) {
    if (ready.how === 'http' ? await answers(ready.at) : await accepts(ready.at)) return;
    if (child.failure !== undefined) throw notStarted(child, child.failure);
    if (performance.now() > deadlineMs) {
      throw notStarted(child, `did not answer at ${ready.at} within ${ready.timeoutMs / 1_000} s`);
    }
    await pause(ASK_EVERY_MS, signal);
  }
  signal.throwIfAborted();
  throw new MeshproofError('INTERNAL', `${name} was stopped while it started`);
}

function notStarted(child: Child, why: string): MeshproofError {
  const tail = child.logTail();
  const said = tail === '' ? '' : `\n${tail.replace(/^/gm, '    ')}`;
  return new MeshproofError('INTERNAL', `${child.plan.name} ${why}; its log is ${child.logFile}${said}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    // Not there yet: whatever the reason, it is asked again until the time is up.
    return false;
  }
}

function accepts(address: string): Promise<boolean> {
  const parsed = parseAddress(address);
  if (!parsed) return Promise.resolve(false);
  return new Promise((done) => {
    const socket = connect(parsed.port, parsed.host);
    const end = (open: boolean): void => {
      socket.destroy();
      done(open);
    };
    socket.once('connect', () => {
      end(true);
    });
    socket.once('error', () => {
      end(false);
    });
  });
}
