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

export async function promote(name: string, reason: string): Promise<void> {
  try {
    const view = await api.promote(name, reason);
    mesh.replaceExperiment(view);
    notify('good', `${name} is being promoted: ${view.service} moves to ${view.candidate}.`);
  } catch (error) {
    notify('bad', `${name} was not promoted. ${explain(error)}`);
  }
}
