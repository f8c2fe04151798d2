/**
 * A process that burdens the machine: `pressure.js cpu` computes on one core, `pressure.js memory MEGABYTES` holds that
 * much. Once it does it says so, a line on its standard output. It ends with its standard input, and so with whoever
 * started it, however that one ends.
 */
const MEGABYTE = 1024 * 1024;
/** Between these it looks whether its input has ended. */
const BURST_MS = 20;

const [kind, amount] = process.argv.slice(2);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));

if (kind === 'cpu') burn();
/** Kept for as long as the process lives; filled, because memory that is not written is not used. */
const held = kind === 'memory' ? Array.from({ length: Number(amount) }, () => Buffer.alloc(MEGABYTE, 1)) : [];
if (held.length > 0) setInterval(() => touch(held), 1_000);
process.stdout.write('pressing\n');

function burn(): void {
  const untilMs = performance.now() + BURST_MS;
  let x = 1;
  while (performance.now() < untilMs) x = Math.imul(x, 1_103_515_245) + 12_345;
  setImmediate(burn);
}

/** What is not used may be swapped out. */
function touch(blocks: readonly Buffer[]): void {
  for (const block of blocks) for (let at = 0; at < block.length; at += 4_096) block[at] = (block[at] ?? 0) + 1;
}
