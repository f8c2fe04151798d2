/** A program for a test: an admin server whose traffic thread is stuck in a loop, until the halt switch is turned. The test ends it. */
import { pino } from 'pino';
import { AdminServer } from '../admin/server.ts';
import { HaltSwitch } from '../halt-switch.ts';
import { FakeDataplane } from './fake-dataplane.ts';

const halt = new HaltSwitch();
const admin = await AdminServer.start({
  listen: '127.0.0.1:0',
  dataplane: new FakeDataplane(),
  halt,
  onHalted: () => {
    process.stdout.write('told\n');
  },
  log: pino({ level: 'silent' }),
  askTimeoutMs: 1_000,
});
process.stdout.write(`${admin.address}\n`);

process.stdin.once('data', () => {
  process.stdout.write('stuck\n');
  const giveUpMs = performance.now() + 20_000;
  while (halt.generation === 0 && performance.now() < giveUpMs);
  process.stdout.write(halt.generation > 0 ? 'halted\n' : 'gave up\n');
});
