/** Calls of gRPC by an independent client and server, through the proxy. */
import { Client, credentials, Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServiceError,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recordOf } from '../../proxy/telemetry/request-record.ts';
import type { RequestRecord } from '../../proxy/telemetry/request-record.ts';
import { openGateway, overlay } from './gateway.ts';
import type { Gateway, Setup } from './gateway.ts';

const same = (message: Buffer): Buffer => message;

function method(name: string, requestStream: boolean, responseStream: boolean): MethodDefinition<Buffer, Buffer> {
  const path = `/test.Echo/${name}`;
  const codec = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  return { path, requestStream, responseStream, ...codec };
}

const UNARY = method('Unary', false, false);
const CHAT = method('Chat', true, true);

type Handlers = { readonly unary?: UntypedHandleCall; readonly chat?: UntypedHandleCall };

async function callsThrough(
  handlers: Handlers,
  setup: Partial<Setup> = {},
): Promise<{ gateway: Gateway; client: Client }> {
  const server = new Server();
  server.addService(
    { unary: UNARY, chat: CHAT },
    { unary: handlers.unary ?? (() => undefined), chat: handlers.chat ?? (() => undefined) },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const gateway = await openGateway({ versions: { v1: [port] }, protocol: 'grpc', ...setup });
  const client = new Client(`127.0.0.1:${gateway.port}`, credentials.createInsecure());
  onTestFinished(async () => {
    client.close();
    server.forceShutdown();
    await gateway.close();
  });
  return { gateway, client };
}

type Called = { readonly error: ServiceError | null; readonly answer: string };

function call(client: Client, message: string, metadata = new Metadata(), deadlineMs?: number): Promise<Called> {
  const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  return new Promise((resolve) => {
    const done = (error: ServiceError | null, answer?: Buffer): void =>
      resolve({ error, answer: answer?.toString() ?? '' });
    client.makeUnaryRequest(UNARY.path, same, same, Buffer.from(message), metadata, options, done);
  });
}

/** Answers each unary call with what the test says. */
type Unary = (message: string, metadata: Metadata) => { readonly code?: number; readonly text?: string };

function unary(answers: Unary): UntypedHandleCall {
  const handle: handleUnaryCall<Buffer, Buffer> = ({ request, metadata }, callback) => {
    const { code = status.OK, text = '' } = answers(request.toString(), metadata);
    if (code === status.OK) callback(null, Buffer.from(text));
    else callback({ code, details: text });
  };
  return handle;
}

function codesOf(gateway: Gateway): unknown {
  return gateway.dataplane.metrics().traffic.find((r) => r.version === 'v1')?.codes;
}

describe('a call of gRPC', () => {
  it('passes with its metadata, and counts as a success', async () => {
    const { gateway, client } = await callsThrough({
      unary: unary((message, metadata) => ({ text: `${message} ${metadata.get('x-mine').join()}` })),
    });
    const metadata = new Metadata();
    metadata.set('x-mine', 'yes');
    const records: RequestRecord[] = [];
    gateway.dataplane.observe((...of) => void records.push(recordOf(...of, 0)));
    expect(await call(client, 'hello', metadata)).toEqual({ error: null, answer: 'hello yes' });
    await expect.poll(() => codesOf(gateway)).toEqual([[200, 1]]);
    expect(records).toMatchObject([{ status: 200, grpcStatus: 0, protocol: 'HTTP/2', requestBytes: 10 }]);
  });

  it('that fails keeps its status and message, and counts as that failure', async () => {
    const { gateway, client } = await callsThrough({
      unary: unary((message) => ({ code: Number(message), text: 'größer als 5 %' })),
    });
    for (const code of [status.NOT_FOUND, status.INTERNAL, status.RESOURCE_EXHAUSTED, status.UNAVAILABLE]) {
      const { error } = await call(client, String(code));
      expect([error?.code, error?.details]).toEqual([code, 'größer als 5 %']);
    }
    await expect
      .poll(() => codesOf(gateway))
      .toEqual([
        [404, 1],
        [429, 1],
        [500, 1],
        [503, 1],
      ]);
  });

  it('that fails is a failure of its arm where the server is to blame, told in the head or at the end', async () => {
    const chat: handleBidiStreamingCall<Buffer, Buffer> = (stream) => {
      stream.write(Buffer.from('one'));
      stream.on('end', () => stream.emit('error', { code: status.UNKNOWN }));
      stream.resume();
    };
    const { gateway, client } = await callsThrough({ chat, unary: unary((message) => ({ code: Number(message) })) });
    gateway.dataplane.setOverlays([overlay({ baseline: 'v1', candidate: 'v1', leaseMs: 60_000 })]);
    for (const code of [status.NOT_FOUND, status.RESOURCE_EXHAUSTED, status.INTERNAL]) await call(client, String(code));
    const stream = client.makeBidiStreamRequest(CHAT.path, same, same);
    stream.resume();
    stream.end();
    await new Promise((resolve) => stream.once('error', resolve));
    const seen = { requests: 0, errors: 0 };
    await expect
      .poll(() => {
        for (const arm of gateway.dataplane.takeTelemetry().arms) {
          seen.requests += arm.requests;
          seen.errors += arm.errors;
        }
        return seen;
      })
      .toEqual({ requests: 4, errors: 2 });
  });

  it('may chat, message by message', async () => {
    const chat: handleBidiStreamingCall<Buffer, Buffer> = (stream) => {
      stream.on('data', (message: Buffer) => stream.write(Buffer.from(`re ${message.toString()}`)));
      stream.on('end', () => stream.end());
    };
    const { client, gateway } = await callsThrough({ chat });
    const stream = client.makeBidiStreamRequest(CHAT.path, same, same);
    for (let i = 0; i < 20; i++) {
      const answer = new Promise<Buffer>((resolve) => stream.once('data', resolve));
      stream.write(Buffer.from(`${i}`));
      expect((await answer).toString()).toBe(`re ${i}`);
    }
    const ended = new Promise<number>((resolve) => stream.once('status', ({ code }) => resolve(code)));
    stream.end();
    stream.resume();
    expect(await ended).toBe(status.OK);
    const counted = (): unknown => gateway.dataplane.metrics().traffic.find((r) => r.version === 'v1')?.messages;
    await expect.poll(counted).toEqual({ sent: 20, received: 20 });
  });

  it('that fails after messages counts by the status at its end', async () => {
    const chat: handleBidiStreamingCall<Buffer, Buffer> = (stream) => {
      stream.write(Buffer.from('one'));
      stream.emit('error', { code: status.DATA_LOSS, details: 'gone' });
    };
    const { gateway, client } = await callsThrough({ chat });
    const stream = client.makeBidiStreamRequest(CHAT.path, same, same);
    stream.on('data', () => undefined);
    const error = await new Promise<ServiceError>((resolve) => stream.once('error', resolve));
    expect(error.code).toBe(status.DATA_LOSS);
    await expect.poll(() => codesOf(gateway)).toEqual([[500, 1]]);
  });

  it('gets the errors of the proxy as a status, with the code', async () => {
    const { client } = await callsThrough({}, { versions: { v1: [1] } });
    const { error } = await call(client, 'x');
    expect(error?.code).toBe(status.UNAVAILABLE);
    expect(error?.details).toContain('UPSTREAM_CONNECT_FAILED');
    expect(error?.metadata.get('x-meshproof-error')).toEqual(['UPSTREAM_CONNECT_FAILED']);
  });

  it("has the route's time-out as a deadline, and tells the endpoint what is left", async () => {
    let left: unknown;
    const { client } = await callsThrough(
      { unary: ((call: { getDeadline: () => unknown }) => void (left = call.getDeadline())) as UntypedHandleCall },
      { rules: [{ timeout: '1s' }] },
    );
    const { error } = await call(client, 'x', new Metadata(), 60_000);
    expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
    expect(Number(left)).toBeLessThan(Date.now() + 30_000);
  });

  it('is repeated on the status that the route names, and on no other', async () => {
    let calls = 0;
    const { client } = await callsThrough(
      { unary: unary((message) => (++calls % 2 === 1 ? { code: Number(message) } : { text: 'at last' })) },
      { rules: [{ retry: { on: ['unavailable', 'resource-exhausted'], backoff: '1ms' } }] },
    );
    expect((await call(client, String(status.UNAVAILABLE))).answer).toBe('at last');
    expect((await call(client, String(status.RESOURCE_EXHAUSTED))).answer).toBe('at last');
    expect((await call(client, String(status.INTERNAL))).error?.code).toBe(status.INTERNAL);
    expect(calls).toBe(5);
  });
});
