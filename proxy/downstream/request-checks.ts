/** What a request's head says about the way itself: where it may not go on, and what it wants to become. */
import { equalsWord } from '../http1/chars.ts';
import { RANGE } from '../http1/head.ts';
import type { RequestHead } from '../http1/head.ts';
import { localAnswer } from '../rescue.ts';
import { hopsLeft } from '../http1/max-forwards.ts';

/** RFC 9113 3.4: the preface was made to fail as a request, which is how it is met: at no cost to requests. */
export function isHttp2Preface(head: RequestHead): boolean {
  return head.error === 'HTTP_VERSION_UNSUPPORTED' && head.start === 0 && head.text.startsWith('PRI * HTTP/2.0\r\n');
}

/** RFC 6455 4.1; Upgrade is void in HTTP/1.0 (RFC 9110 7.8). */
export function asksForWebSocket(head: RequestHead): boolean {
  if (head.upgradeField < 0 || head.minor === 0 || head.contentLength > 0 || head.chunked) return false;
  const at = head.upgradeField * RANGE;
  return equalsWord(head.text, head.ranges[at + 2] ?? 0, head.ranges[at + 3] ?? 0, 'websocket');
}

/** True when a Via names us: the request has come round (RFC 9110 7.6.3). */
export function passedThrough(head: RequestHead, name: string): boolean {
  for (let i = 0; i < head.fieldCount; i++) {
    const at = i * RANGE;
    if (equalsWord(head.text, head.ranges[at] ?? 0, head.ranges[at + 1] ?? 0, 'via') && head.value(i).includes(name))
      return true;
  }
  return false;
}

/**
 * RFC 9110 7.6.2: at Max-Forwards 0 we are the last recipient. OPTIONS is answered with what we let pass; TRACE is not
 * reflected, because it would show the caller's own credentials to scripts.
 * @returns the whole answer, or undefined to go on
 */
export function lastHopAnswer(head: RequestHead): string | undefined {
  if (head.maxForwardsField < 0 || hopsLeft(head) !== 0) return undefined;
  const allow = 'allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n';
  if (head.method === 'TRACE') return localAnswer('METHOD_REFUSED', '', 405, 'close', false, allow);
  return `HTTP/1.1 200 OK\r\n${allow}content-length: 0\r\nconnection: close\r\n\r\n`;
}
