/** Messages to proxies as text: made once, however many get them. */
import type { SourceDocument } from '../../contracts/document.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { FromControl } from '../../contracts/wire.ts';
import type { Change } from '../documents/documents.ts';

/** A message of the wire, but for how it names the type of a source document. */
type Outgoing<T extends FromControl['type']> = { readonly [K in keyof Extract<FromControl, { type: T }>]: unknown };

export function delta({ base, version, set, remove }: Change): string {
  return JSON.stringify({ type: 'delta', base, version, set, remove } satisfies Outgoing<'delta'>);
}

export function overlays(revision: number, overlays: readonly Overlay[]): string {
  return JSON.stringify({ type: 'overlays', revision, overlays } satisfies Outgoing<'overlays'>);
}

export function heartbeat(overlays: readonly Overlay[]): string {
  const experimentIds = overlays.map((overlay) => overlay.experimentId);
  return JSON.stringify({ type: 'heartbeat', experimentIds } satisfies Outgoing<'heartbeat'>);
}

export function halt(reason: string): string {
  return JSON.stringify({ type: 'halt', reason } satisfies Outgoing<'halt'>);
}

/** Keeps the text of the last version: after an outage every proxy asks for the same one. */
export class Snapshots {
  #version: number | undefined;
  #text = '';

  text(version: number, documents: () => readonly SourceDocument[]): string {
    if (version !== this.#version) {
      this.#text = JSON.stringify({ type: 'snapshot', version, documents: documents() } satisfies Outgoing<'snapshot'>);
      this.#version = version;
    }
    return this.#text;
  }
}
