/** Connections that are passed on as bytes, over real sockets. */
import { connect as connectTls } from 'node:tls';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HeldClock, overlay, portOf } from './gateway.ts';
import { clientOf } from './stage.ts';
import { bytesDocuments, bytesGateway as gateway, echo, says, serverThat } from './tcp-stage.ts';

const dead = 1;

describe('a gateway with protocol tcp', () => {
  it('passes bytes on both ways, and a half-close too', async () => {
    const db = await serverThat((socket) => {
      let seen = '';
      socket.on('data', (bytes) => (seen += bytes.toString()));
      socket.on('end', () => socket.end(`got ${seen}`));
    });
    const { port, dataplane } = await gateway({ protocol: 'tcp', defaultService: 'db' }, { db: { v1: [db] } });
    const client = await clientOf(port);
    client.send('hello ').send('there');
    client.socket.end();
    await client.untilEnded();
    expect(client.text).toBe('got hello there');
    await expect
      .poll(() => dataplane.metrics().tcp[0])
      .toMatchObject({ opened: 1, closed: 1, failed: 0, sentBytes: 11, receivedBytes: 15 });
  });

  it('carries 20 MB in order to a reader that is slow', async () => {
    const db = await serverThat(echo);
    const { port } = await gateway({ protocol: 'tcp', defaultService: 'db' }, { db: { v1: [db] } });
    const client = await clientOf(port);
    const part = Buffer.alloc(1_000_000, 'a');
    for (let i = 0; i < 20; i++) client.send(part);
    client.socket.pause();
    client.socket.resume();
    await client.until(() => client.text.length === 20_000_000);
    expect(client.text.endsWith('a')).toBe(true);
  });

  it('closes a connection that rests for longer than the service says, by default an hour', async () => {
    const db = await serverThat(echo);
    const clock = new HeldClock();
    const documents = bytesDocuments({ protocol: 'tcp', defaultService: 'db' }, { db: { v1: [db] } });
    const { port, dataplane } = await gateway(
      { protocol: 'tcp', defaultService: 'db' },
      { db: { v1: [db] } },
      [],
      clock,
    );
    const rests = await clientOf(port);
    await rests.send('a').until(() => rests.text === 'a');
    dataplane.sweep();
    clock.move(3_590_000);
    dataplane.sweep();
    await rests.send('b').until(() => rests.text === 'ab');
    const shorter = documents.map((d) =>
      d.kind === 'Service' ? { ...d, spec: { ...d.spec, resilience: { tcpIdleTimeout: '10s' } } } : d,
    );
    await dataplane.apply(2, shorter);
    const next = await clientOf(portOf(dataplane));
    await next.send('c').until(() => next.text === 'c');
    dataplane.sweep();
    clock.move(11_000);
    dataplane.sweep();
    await next.untilEnded();
    expect(rests.ended).toBe(false);
  });

  it('tries the next endpoint when one cannot be reached, and says in its counts when none can', async () => {
    const db = await serverThat(says('alive'));
    const some = await gateway({ protocol: 'tcp', defaultService: 'db' }, { db: { v1: [dead, db] } });
    const client = await clientOf(some.port);
    await client.untilEnded();
    expect(client.text).toBe('alive');
    const none = await gateway({ protocol: 'tcp', defaultService: 'db' }, { db: { v1: [dead] } });
    await (await clientOf(none.port)).untilEnded();
    expect(none.dataplane.metrics().tcp[0]).toMatchObject({ opened: 0, failed: 1 });
  });

  it('divides connections between the arms of an experiment', async () => {
    const v1 = await serverThat(says('v1'));
    const v2 = await serverThat(says('v2'));
    const { port, dataplane } = await gateway(
      { protocol: 'tcp', defaultService: 'shop' },
      { shop: { v1: [v1], v2: [v2] } },
    );
    dataplane.setOverlays([overlay({ candidatePpm: 500_000 })]);
    const texts: string[] = [];
    for (let i = 0; i < 40; i++) {
      const client = await clientOf(port);
      await client.untilEnded();
      texts.push(client.text);
    }
    const onCandidate = texts.filter((text) => text === 'v2').length;
    expect(onCandidate).toBeGreaterThan(5);
    expect(onCandidate).toBeLessThan(35);
    const arms = dataplane.takeTelemetry().arms;
    expect(arms.find(({ arm }) => arm === 'candidate')).toMatchObject({ requests: onCandidate, errors: 0 });
  });
});

describe('a gateway with protocol tls-passthrough', () => {
  /** @returns what the server behind the name says first: the greeting goes on as it came */
  function greet(port: number, servername: string): Promise<string> {
    return new Promise((done) => {
      const client = connectTls({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
      client.on('error', (error: Error) => done(error.message));
      client.on('close', () => done('closed'));
    });
  }

  it('finds the service by the name in the greeting, exact before suffix, and closes what nobody serves', async () => {
    const seen: string[] = [];
    const sees = (name: string) => (socket: Socket) => {
      socket.once('data', (bytes) => {
        seen.push(`${name} ${bytes[0]}`);
        socket.destroy();
      });
    };
    const [a, b] = [await serverThat(sees('a')), await serverThat(sees('b'))];
    const { port, dataplane } = await gateway(
      { protocol: 'tls-passthrough', sni: { 'pay.example.org': 'a', '*.example.org': 'b' } },
      { a: { v1: [a] }, b: { v1: [b] } },
    );
    for (const name of ['pay.example.org', 'x.y.example.org', 'example.org', 'other.net']) await greet(port, name);
    expect(seen).toEqual(['a 22', 'b 22']);
    expect(dataplane.metrics().errors).toContainEqual({ code: 'ROUTE_NOT_FOUND', count: 2 });
  });

  it('closes a client that does not speak TLS', async () => {
    const a = await serverThat(echo);
    const { port, dataplane } = await gateway({ protocol: 'tls-passthrough', defaultService: 'a' }, { a: { v1: [a] } });
    const client = await clientOf(port);
    await client.send('GET / HTTP/1.1\r\n\r\n').untilEnded();
    expect(client.text).toBe('');
    expect(dataplane.metrics().errors).toContainEqual({ code: 'HTTP_MALFORMED', count: 1 });
  });
});
