/** Who a proxy is in the mesh: a certificate with a SPIFFE id, its key, and whom to trust. */

export type Identity = {
  readonly trustDomain: string;
  /** `shop`, or `gateway/edge`. */
  readonly name: string;
  /** PEM, the certificate first. */
  readonly certificate: string;
  /** PEM. */
  readonly key: string;
  /** PEM of the authorities of the mesh. */
  readonly bundle: string;
};

/** Changes while the proxy runs: certificates are short-lived. */
export type IdentitySource = {
  readonly current: () => Identity | undefined;
  /** For metrics. */
  readonly state: () => IdentityState;
  /** Replaced by who wants to know of a new one. */
  onChange: () => void;
};

export type IdentityState = {
  readonly name: string;
  /** Until the certificate is over; negative: it is. null: there is none. */
  readonly leftMs: number | null;
  /** Since the start of the process. */
  readonly issued: number;
  /** Refused, not answered, or not proven. */
  readonly failed: number;
};
