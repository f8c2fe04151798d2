/** What a person can do from here. Each says what came of it; none fails in silence. */
import { haltSentence } from '../model/sentences.ts';
import { api, explain } from './api-client.ts';
import { mesh } from './mesh.svelte.ts';
import { notify } from './notices.svelte.ts';

export async function haltAll(): Promise<void> {
  try {
    notify('good', haltSentence(await api.halt()));
  } catch (error) {
    notify('bad', `Halt was not carried out. ${explain(error)}`);
  }
}

export async function abort(name: string): Promise<void> {
  try {
    mesh.replaceExperiment(await api.abort(name));
    notify('good', `${name} is aborted: its traffic goes back to the baseline.`);
  } catch (error) {
    notify('bad', `${name} was not aborted. ${explain(error)}`);
  }
}

/** With why, for the journal. */
export type Decide = (reason: string) => Promise<void>;

export async function approve(name: string, reason: string): Promise<void> {
  try {
    mesh.replaceExperiment(await api.approve(name, reason));
    notify('good', `${name} is approved: it goes on.`);
  } catch (error) {
    notify('bad', `${name} was not approved. ${explain(error)}`);
  }
}

export async function pause(name: string): Promise<void> {
  try {
    mesh.replaceExperiment(await api.pause(name));
    notify('good', `${name} is paused: it stays at its step, and is rolled back if it fails.`);
  } catch (error) {
    notify('bad', `${name} was not paused. ${explain(error)}`);
  }
}

export async function resume(name: string): Promise<void> {
  try {
    mesh.replaceExperiment(await api.resume(name));
    notify('good', `${name} goes on.`);
  } catch (error) {
    notify('bad', `${name} was not resumed. ${explain(error)}`);
  }
}

export async function promote(name: string, reason: string): Promise<void> {
  try {
    const view = await api.promote(name, reason);
    mesh.replaceExperiment(view);
    notify('good', `${name} is being promoted: ${view.service} moves to ${view.candidate}.`);
  } catch (error) {
    notify('bad', `${name} was not promoted. ${explain(error)}`);
  }
}
