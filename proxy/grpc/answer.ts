/** Answers without a message, as gRPC clients read them: the status in the head ("trailers-only"). */
import type { RequestHead } from '../http1/head.ts';

/** application/grpc, and +proto and the like; not gRPC-Web, whose clients read HTTP's status. */
export function isGrpcRequest(head: RequestHead): boolean {
  const type = head.get('content-type');
  return type !== undefined && /^application\/grpc(?:$|[+; ])/i.test(type);
}

/** The fields of the answer, each line ending in CRLF. */
export function grpcFields(status: number, message: string): string {
  return `content-type: application/grpc\r\ngrpc-status: ${status}\r\ngrpc-message: ${percentEncoded(message)}\r\n`;
}

/** @param fields - further header lines, each ending in CRLF */
export function grpcAnswer(status: number, message: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\n${grpcFields(status, message)}content-length: 0\r\n${fields}\r\n`;
}

/** UTF-8, where everything but printable ASCII, and the percent sign, is encoded (gRPC over HTTP/2, Status-Message). */
function percentEncoded(message: string): string {
  let out = '';
  for (const byte of Buffer.from(message)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    out += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
