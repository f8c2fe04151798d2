/** Names by which listeners and hosts are found. */

/** The name of a gateway's listener. */
export function gatewayName(gateway: string): string {
  return `gateway ${gateway}`;
}

/** A Host on an outbound port: `reviews`, or `reviews.mesh`. */
export function serviceOfHost(hostname: string): string {
  return hostname.endsWith('.mesh') ? hostname.slice(0, -5) : hostname;
}
