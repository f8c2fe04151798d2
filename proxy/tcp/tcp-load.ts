/** What a version got over TCP, and what is open now; kept across configurations. */
export type TcpLoad = {
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

export function tcpLoad(service: string, version: string): TcpLoad {
  return { service, version, opened: 0, closed: 0, failed: 0, sentBytes: 0, receivedBytes: 0 };
}
