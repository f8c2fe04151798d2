/** Whose turn it is: an experiment with `after` starts when others have passed, and never when one has not. Pure. */
import { afterOf } from '../contracts/after.ts';
import { keyOf } from '../contracts/document.ts';
import type { ExperimentDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import type { ExperimentView } from '../contracts/experiment.ts';
import { TERMINAL_PHASES } from '../contracts/experiment.ts';
import { nearest } from '../contracts/nearest.ts';
import type { State, Transition } from './state.ts';
import { decide } from './transitions.ts';

/** A run that is waited for. */
export type Earlier = State['after'][number];

/**
 * @param views - the last run of each experiment
 * @returns the runs that have not ended yet
 * @throws MeshproofError DOCUMENT_INVALID (no such experiment), AFTER_NOT_PASSED
 */
export function earlierRuns(document: ExperimentDocument, views: readonly ExperimentView[]): readonly Earlier[] {
  return afterOf(document).flatMap((name) => {
    const view = views.find((v) => v.name === name);
    if (!view || name === document.metadata.name) throw unknown(document, name, views);
    if (!TERMINAL_PHASES.includes(view.phase)) return [{ name, id: view.id }];
    if (view.verdict === 'PASS') return [];
    throw new MeshproofError('AFTER_NOT_PASSED', `${document.metadata.name} comes after ${name}: ${howItEnded(view)}`);
  });
}

function unknown(document: ExperimentDocument, name: string, views: readonly ExperimentView[]): MeshproofError {
  const others = views.map((v) => v.name).filter((other) => other !== document.metadata.name);
  const hint = name === document.metadata.name ? undefined : nearest(name, others);
  const why = name === document.metadata.name ? 'it would wait for itself' : `no experiment "${name}" was run here`;
  return new MeshproofError(
    'DOCUMENT_INVALID',
    `${keyOf(document)} spec.after: ${why}; ${hint === undefined ? 'start that one first' : `did you mean "${hint}"?`}`,
  );
}

function howItEnded({ name, verdict, reason }: ExperimentView): string {
  return `${name} ended ${verdict}: ${reason}`;
}

export type Turn = { readonly isCome: boolean; readonly never: string | undefined };

/** @param viewOf - the run with this id, as far as it is known */
export function turnOf(after: readonly Earlier[], viewOf: (id: string) => ExperimentView | undefined): Turn {
  const views = after.map(({ name, id }) => ({ name, view: viewOf(id) }));
  for (const { name, view } of views) {
    if (!view) return { isCome: false, never: `${name} is not known any more` };
    if (TERMINAL_PHASES.includes(view.phase) && view.verdict !== 'PASS')
      return { isCome: false, never: howItEnded(view) };
  }
  return { isCome: views.every(({ view }) => view && TERMINAL_PHASES.includes(view.phase)), never: undefined };
}

/** declared -> declared: nothing is laid and nothing is counted until its turn has come. */
export function waitForTurn(state: State): Transition {
  const says = `starts when ${state.after.map(({ name }) => name).join(' and ')} ${state.after.length > 1 ? 'have' : 'has'} passed`;
  return decide({ ...state, waits: { for: 'after', says } }, 'waiting', says, { for: 'after', after: state.after });
}

/** What it is before its first moment. @param stable - the service's stable version now */
export function takeTurn(state: State, stable: string): State {
  return { ...state, stable, after: [], waits: null, elapsedMs: 0, silentMs: 0 };
}

/** declared -> rolled-back: it has touched nothing. */
export function neverStart(state: State, why: string): Transition {
  const reason = `did not start: ${why}`;
  const ended: State = { ...state, phase: 'rolled-back', verdict: 'INCONCLUSIVE', waits: null, after: [], reason };
  return decide(ended, 'not-started', reason);
}
