/** What a version got over TCP, and what is open now; kept across configurations. */
export type TcpLoad = {
  /** `destination`: it came in to the application beside a sidecar. */
  readonly side: 'source' | 'destination';
  readonly service: string;
  readonly version: string;
  opened: number;
  closed: number;
  /** Connections that could not be made, on any endpoint. */
  failed: number;
  /** Towards the endpoint. */
  sentBytes: number;
  /** From the endpoint. */
  receivedBytes: number;
};

export function tcpLoad(service: string, version: string, side: TcpLoad['side'] = 'source'): TcpLoad {
  return { side, service, version, opened: 0, closed: 0, failed: 0, sentBytes: 0, receivedBytes: 0 };
}
