/** What a status alone does not say of an answer, counted where there is something to say: the hot path does not come here. */

export type OutcomeDetail = {
  readonly status: number;
  /** -1: not known, or no call of gRPC. */
  readonly grpcStatus: number;
  /** Of response-flags.ts. */
  readonly flag: string;
  readonly count: number;
};

export class OutcomeDetails {
  readonly #counts = new Map<string, { status: number; grpcStatus: number; flag: string; count: number }>();

  add(status: number, grpcStatus: number, flag: string): void {
    const key = `${status} ${grpcStatus} ${flag}`;
    const known = this.#counts.get(key);
    if (known) known.count++;
    else this.#counts.set(key, { status, grpcStatus, flag, count: 1 });
  }

  list(): OutcomeDetail[] {
    return [...this.#counts.values()].map((detail) => ({ ...detail }));
  }
}
