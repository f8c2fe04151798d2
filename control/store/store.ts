/**
 * The seam between the control plane and what keeps its state. One embedded implementation (libsql-store.ts); another
 * engine takes its place by implementing this. Every method is durable when it resolves.
 */
import type { SourceDocument } from '../../contracts/document.ts';
import type { ChainReport, JournalEntry } from '../../contracts/experiment.ts';
import type { Overlay } from '../../contracts/overlay.ts';

export interface Store {
  documents(): Promise<readonly SourceDocument[]>;
  /** In one transaction: writes and removes documents; the configuration's version rises by one when `bumps`. @returns the version */
  changeDocuments(set: readonly SourceDocument[], remove: readonly string[], bumps: boolean): Promise<number>;
  configVersion(): Promise<number>;
  /** Chains each entry to the one before it. Rejects when an entry's (experiment, seq) is taken. */
  appendJournal(entries: readonly JournalEntry[]): Promise<void>;
  readJournal(experimentId: string): Promise<readonly JournalEntry[]>;
  /** Ids in the order of their start. */
  journals(): Promise<readonly string[]>;
  /** Whether the journal is as it was written, and where it is not. */
  verifyJournal(experimentId: string): Promise<ChainReport>;
  overlays(): Promise<readonly Overlay[]>;
  setOverlay(overlay: Overlay): Promise<void>;
  dropOverlay(experimentId: string): Promise<void>;
  close(): Promise<void>;
}
