/** A control plane in a process of its own, for load tests: tells its parent its address, ends with it. */
import { startControl } from '../control/main.ts';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const control = await startControl({ listen: '127.0.0.1:0', dataDir: process.argv[2] ?? '.', log: quiet });
process.send?.(control.address);
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
