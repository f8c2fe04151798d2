/** Abort: an answer in the place of the endpoint's, or a connection that breaks before there is one. */
import { GRPC_STATUS_NAMES } from '../../contracts/fault.ts';
import { httpStatusOfGrpc } from '../grpc/status.ts';
import type { FaultKind } from './kind.ts';

export const abort: FaultKind = ({ abort: spec }) => {
  if (!spec || spec.resetAfterBytes !== undefined) return undefined;
  if (spec.reset) return { type: 'reset', abort: 'reset' };
  if (spec.grpcStatus !== undefined) {
    const grpcStatus = GRPC_STATUS_NAMES.indexOf(spec.grpcStatus);
    return { type: 'abort', abort: { status: httpStatusOfGrpc(grpcStatus), fields: '', grpcStatus } };
  }
  const status = spec.status ?? 503;
  if (spec.retryAfter === undefined) return { type: 'abort', abort: { status, fields: '', grpcStatus: -1 } };
  const retryAfter = String(Math.ceil(spec.retryAfter / 1_000));
  return { type: 'abort', abort: { status, fields: `retry-after: ${retryAfter}\r\n`, retryAfter, grpcStatus: -1 } };
};
