import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPLETE, RequestHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-request.ts';
import { grpcAnswer, isGrpcRequest } from './answer.ts';
import {
  grpcStatusOfError,
  grpcStatusOfHttp,
  grpcStatusOfTrailers,
  httpStatusOfGrpc,
  readGrpcStatus,
} from './status.ts';
import { formatGrpcTimeout, parseGrpcTimeout } from './timeout.ts';

describe('the status of gRPC', () => {
  it('follows from that of HTTP as its specification says', () => {
    const pairs = [400, 401, 403, 404, 429, 502, 503, 504, 500, 200, 418].map((s) => [s, grpcStatusOfHttp(s)]);
    expect(pairs.map(([, g]) => g)).toEqual([13, 16, 7, 12, 14, 14, 14, 14, 2, 2, 2]);
  });

  it("of the proxy's own time-out is that of a deadline", () => {
    expect(grpcStatusOfError('UPSTREAM_TIMEOUT')).toBe(4);
    expect(grpcStatusOfError('UPSTREAM_RESET')).toBe(14);
    expect(grpcStatusOfError('ROUTE_NOT_FOUND')).toBe(12);
  });

  it('counts as a failure of the server where it is one', () => {
    const failures = Array.from({ length: 17 }, (_, i) => i).filter((s) => httpStatusOfGrpc(s) >= 500);
    expect(failures).toEqual([2, 4, 12, 13, 14, 15]);
  });

  it('is unknown where it cannot be read, or is missing at the end of an answer', () => {
    expect([undefined, '0', '14', '17', 'x', ''].map(readGrpcStatus)).toEqual([-1, 0, 14, 2, 2, 2]);
    expect(grpcStatusOfTrailers('a: b\r\nGRPC-Status: 5 \r\n')).toBe(5);
    expect(grpcStatusOfTrailers('')).toBe(2);
  });
});

describe('grpc-timeout', () => {
  it('is read in all its units, and not where it is malformed', () => {
    expect(['1H', '2M', '3S', '4m', '5u', '6n'].map(parseGrpcTimeout)).toEqual([
      3_600_000, 120_000, 3_000, 4, 0.005, 6e-6,
    ]);
    expect([undefined, '', '1', '1s', '123456789m', '-1m', '1.5S'].map(parseGrpcTimeout)).toEqual(
      Array(7).fill(undefined),
    );
  });

  it('is written so that it is never longer, and at most a thousandth (or a microsecond) shorter', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e10, noNaN: true }), (ms) => {
        const read = parseGrpcTimeout(formatGrpcTimeout(ms)) ?? Number.NaN;
        expect(read).toBeLessThanOrEqual(ms * (1 + 1e-12));
        expect(read).toBeGreaterThanOrEqual(ms * 0.999 - 0.0011);
      }),
    );
  });
});

describe("the proxy's answer to a call", () => {
  it('carries status and message in its head', () => {
    const answer = grpcAnswer(14, 'nö: 5 %\n', 'x-a: b\r\n');
    expect(answer).toContain('HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: 14\r\n');
    expect(answer).toContain('grpc-message: n%C3%B6: 5 %25%0A\r\n');
    expect(answer.endsWith('x-a: b\r\n\r\n')).toBe(true);
  });

  it('is for gRPC, and not for its kin in browsers', () => {
    const types = [
      'application/grpc',
      'application/grpc+proto',
      'application/grpc; a=b',
      'application/grpc-web',
      'text/plain',
    ];
    const heads = types.map((type) => {
      const head = new RequestHead();
      expect(parseRequestHead(head, `POST / HTTP/1.1\r\nhost: a\r\ncontent-type: ${type}\r\n\r\n`, 0)).toBe(COMPLETE);
      return isGrpcRequest(head);
    });
    expect(heads).toEqual([true, true, true, false, false]);
  });
});
