/** The control plane's HTTP API as the dashboard calls it. Every failure is a MeshproofError with its code. */
import { isErrorBody, listIn } from '../../contracts/answer.ts';
import type { HaltResult } from '../../contracts/api.ts';
import { ERRORS, MeshproofError } from '../../contracts/errors.ts';
import type { ExperimentView, JournalEntry } from '../../contracts/experiment.ts';
import type { ExperimentPoint, ServiceView } from '../../contracts/live.ts';
import type { DeliveryView } from '../../contracts/notification.ts';
import { API } from '../../contracts/paths.ts';

const FROM_HERE = { reason: 'from the dashboard' };

export const api = {
  services: () => get(API.services).then((body) => listIn<ServiceView>(body, 'services')),
  experiment: (name: string) => get(API.experiment(name)).then((body) => body as ExperimentView),
  journal: (name: string) => get(API.journal(name)).then((body) => listIn<JournalEntry>(body, 'entries')),
  deliveries: (name: string) => get(API.deliveries(name)).then((body) => listIn<DeliveryView>(body, 'deliveries')),
  points: (name: string) => get(API.points(name)).then((body) => listIn<ExperimentPoint>(body, 'points')),
  abort: (name: string) => post(API.abort(name), FROM_HERE).then((body) => body as ExperimentView),
  promote: (name: string, reason: string) => decide(API.promote(name), reason),
  approve: (name: string, reason: string) => decide(API.approve(name), reason),
  pause: (name: string) => decide(API.pause(name), ''),
  resume: (name: string) => decide(API.resume(name), ''),
  halt: () => post(API.halt, FROM_HERE).then((body) => body as HaltResult),
};

function decide(path: string, reason: string): Promise<ExperimentView> {
  return post(path, reason === '' ? FROM_HERE : { reason }).then((body) => body as ExperimentView);
}

function get(path: string): Promise<unknown> {
  return send(path, { headers: { accept: 'application/json' } });
}

function post(path: string, body: unknown): Promise<unknown> {
  return send(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

/** @throws MeshproofError with the server's code, or CONTROL_UNREACHABLE when there is no answer */
async function send(path: string, init: RequestInit): Promise<unknown> {
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (cause) {
    throw new MeshproofError('CONTROL_UNREACHABLE', `${path} was not answered`, { cause });
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return body;
  if (isErrorBody(body)) throw new MeshproofError(body.error.code, body.error.detail);
  throw new MeshproofError('INTERNAL', `${path} answered ${answer.status}`);
}

/** What went wrong, for people: the general meaning and the detail. */
export function explain(error: unknown): string {
  if (!(error instanceof MeshproofError)) return error instanceof Error ? error.message : String(error);
  const { message } = ERRORS[error.code];
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}: ${error.detail}`;
}
