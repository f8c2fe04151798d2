/** Entry of the command line: signals, the terminal, one command, its exit code. */
import cluster from 'node:cluster';
import { processTerminal } from './terminal.ts';
import { runCommandLine } from './program.ts';
import { EXIT } from './exit-codes.ts';

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    // The first signal asks for an orderly end; a second one skips the clean-up.
    if (interrupt.signal.aborted) process.exit(name === 'SIGTERM' ? EXIT.TERMINATED : EXIT.INTERRUPTED);
    interrupt.abort(name);
  });
}

// A process that started this one over an IPC channel (`up`) owns it: when the channel ends, so does this.
if (process.channel) {
  process.once('disconnect', () => {
    interrupt.abort('SIGTERM');
  });
  // A worker's listening sockets are its first process's, so that only the channel keeps it alive.
  if (!cluster.isWorker) process.channel.unref();
}

// A reader that goes away (`meshproof get … | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.OK : EXIT.UNEXPECTED);
});

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal(interrupt.signal));
