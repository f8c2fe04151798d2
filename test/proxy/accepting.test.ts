/** New clients are let in however much those that are there ask. */
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { gatewayTo, get } from './stage.ts';

const CLIENTS = 300;

it('lets new clients in while others ask without a pause', async () => {
  const gateway = await gatewayTo({ versions: { v1: [1] }, rules: [{ respond: { status: 200, body: 'here' } }] });
  let answers = 0;
  const isFull = (): boolean => gateway.dataplane.metrics().downstreamConnectionsTotal === CLIENTS;
  await new Promise<void>((full, failed) => {
    for (let i = 0; i < CLIENTS; i++) {
      const socket = connect({ port: gateway.port, host: '127.0.0.1', noDelay: true }, () => socket.write(get()));
      onTestFinished(() => void socket.destroy());
      socket.on('error', failed);
      socket.on('data', () => {
        answers++;
        if (isFull()) full();
        else socket.write(get());
      });
    }
  });
  // One connection in each turn of the loop: 45,000 when each turn answers everybody who is in.
  expect(answers).toBeLessThan(15_000);
});
