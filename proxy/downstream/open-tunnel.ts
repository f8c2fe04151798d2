/** CONNECT that is ended here: the client's socket goes on as bytes to an endpoint of the service that it named. */
import { Socket } from 'node:net';
import { ERRORS } from '../../contracts/errors.ts';
import type { ServicePlan } from '../plan/plan.ts';
import { localAnswer } from '../rescue.ts';
import type { Runtime } from '../runtime.ts';
import { TcpConnection } from '../tcp/tcp-connection.ts';
import type { TcpHost } from '../tcp/tcp-connection.ts';
import type { ClientSocket, DownstreamHost } from './host.ts';

/** RFC 9110 9.3.6: the tunnel begins after the empty line; the answer has no body and no length. */
const ANSWERS: Required<TcpHost>['answers'] = {
  opened: 'HTTP/1.1 200 Connection Established\r\n\r\n',
  refused: (code) => localAnswer(code, '', ERRORS[code].status, 'close', false),
};

/** @returns undefined for what is no socket (a stream of HTTP/2 carries no CONNECT); it is closed */
export function openTunnel(
  runtime: Runtime,
  listener: DownstreamHost,
  socket: ClientSocket,
  service: ServicePlan,
): TcpConnection | undefined {
  if (!(socket instanceof Socket)) {
    socket.destroy();
    return undefined;
  }
  const host: TcpHost = {
    closed: (connection) => listener.closed(connection),
    get retired() {
      return listener.retired;
    },
    serviceOf: () => service,
    readsSni: false,
    answers: ANSWERS,
  };
  return new TcpConnection(runtime, host, socket);
}
