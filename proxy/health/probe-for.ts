/** The check that a document asks for. */
import type { HealthCheck } from '../../contracts/health-check.ts';
import { probeGrpc } from './probe-grpc.ts';
import { probeHttp } from './probe-http.ts';
import { probeTcp } from './probe-tcp.ts';
import type { Probe } from './probe.ts';

export function probeFor({ http, grpc }: HealthCheck): Probe {
  if (http) return probeHttp(http);
  return grpc ? probeGrpc(grpc.service) : probeTcp;
}
