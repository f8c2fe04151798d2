/** Which shape stands for what. One table, so that the same thing looks the same everywhere. */
import type { ServiceView, ProxyView } from '../../contracts/live.ts';
import type { Verdict } from '../../contracts/verdict.ts';

export type ShapeName =
  'check' | 'cross' | 'unsure' | 'pending' | 'disc' | 'triangle' | 'diamond' | 'dashed' | 'ring' | 'arrow' | 'square';

export type Look = { readonly shape: ShapeName; readonly tone: 'good' | 'bad' | 'warn' | 'wait' | 'unknown' };

export const VERDICT_LOOK: Readonly<Record<Verdict, Look>> = {
  PASS: { shape: 'check', tone: 'good' },
  FAIL: { shape: 'cross', tone: 'bad' },
  INCONCLUSIVE: { shape: 'unsure', tone: 'warn' },
  PENDING: { shape: 'pending', tone: 'wait' },
};

/** Something keeps a run where it is: a person, a window, a pause. */
export const WAITING_LOOK: Look = { shape: 'ring', tone: 'warn' };

export const HEALTH_LOOK: Readonly<Record<ServiceView['health'], Look>> = {
  ok: { shape: 'disc', tone: 'good' },
  degraded: { shape: 'triangle', tone: 'warn' },
  failing: { shape: 'diamond', tone: 'bad' },
  unknown: { shape: 'dashed', tone: 'unknown' },
};

export const SYNC_LOOK: Readonly<Record<ProxyView['sync'], Look>> = {
  ACKED: { shape: 'check', tone: 'good' },
  PENDING: { shape: 'pending', tone: 'wait' },
  NACKED: { shape: 'cross', tone: 'bad' },
};
