/**
 * The seam between the control plane and what keeps its state. One embedded implementation (libsql-store.ts); another
 * engine takes its place by implementing this. Every method is durable when it resolves.
 */
import type { SourceDocument } from '../../contracts/document.ts';
import type { ChainReport, JournalEntry } from '../../contracts/experiment.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { Delivery } from './delivery-table.ts';

export interface Store {
  documents(): Promise<readonly SourceDocument[]>;
  /** In one transaction: writes and removes documents; the configuration's version rises by one when `bumps`. @returns the version */
  changeDocuments(set: readonly SourceDocument[], remove: readonly string[], bumps: boolean): Promise<number>;
  configVersion(): Promise<number>;
  /**
   * Chains each entry to the one before it. Rejects when an entry's (experiment, seq) is taken.
   * @param deliveries - what others are to be told of these entries, in the same transaction
   */
  appendJournal(entries: readonly JournalEntry[], deliveries?: readonly Delivery[]): Promise<void>;
  readJournal(experimentId: string): Promise<readonly JournalEntry[]>;
  /** Ids in the order of their start. */
  journals(): Promise<readonly string[]>;
  /** Whether the journal is as it was written, and where it is not. */
  verifyJournal(experimentId: string): Promise<ChainReport>;
  /** Those that were neither delivered nor given up, oldest first. */
  waitingDeliveries(): Promise<readonly Delivery[]>;
  deliveriesOf(experimentId: string): Promise<readonly Delivery[]>;
  /** How a delivery stands now. */
  saveDelivery(delivery: Delivery): Promise<void>;
  overlays(): Promise<readonly Overlay[]>;
  setOverlay(overlay: Overlay): Promise<void>;
  dropOverlay(experimentId: string): Promise<void>;
  close(): Promise<void>;
}
