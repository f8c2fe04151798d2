/** What bounds how much a fault touches. Decided in this process, without waiting; held over all workers of the proxy. */
export const CAP_NAMES = ['injections', 'concurrent', 'rate', 'share'] as const;
export type CapName = (typeof CAP_NAMES)[number];

export type Cap = {
  readonly name: CapName;
  /** One more could meet the fault. */
  readonly look?: () => void;
  /** @param who - a request, or a connection */
  readonly hasRoom: (who: object) => boolean;
  /** It meets the fault. */
  readonly take: (who: object) => void;
  /** The request, or the connection, is over. */
  readonly leave?: (who: object) => void;
  /** Called once, when no fault is under it any more. */
  readonly close?: () => void;
};
