/** What a process and its descendants have cost, from /proc (Linux). */
import { readdirSync, readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';

export type Cost = { readonly cpuSeconds: number; readonly rssMb: number };

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const PAGE_BYTES = Number(execFileSync('getconf', ['PAGESIZE'], { encoding: 'utf8' }));

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number; readonly pages: number };

/** utime + stime and resident memory of a process tree, now. */
export function costOf(pid: number): Cost {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const stats = all.flatMap((name) => readStat(Number(name)) ?? []);
  const tree = new Set([pid]);
  for (let before = 0; before !== tree.size;) {
    before = tree.size;
    for (const stat of stats) if (tree.has(stat.parent)) tree.add(stat.pid);
  }
  const own = stats.filter((stat) => tree.has(stat.pid));
  const sum = (of: (stat: Stat) => number): number => own.reduce((total, stat) => total + of(stat), 0);
  return {
    cpuSeconds: sum((s) => s.ticks) / TICKS_PER_SECOND,
    rssMb: (sum((s) => s.pages) * PAGE_BYTES) / 2 ** 20,
  };
}

/** @returns undefined when the process has gone meanwhile */
function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return undefined;
    throw error;
  }
  // The name stands in brackets and may hold spaces; the numbers are counted behind it (proc(5), from field 3).
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const at = (field: number): number => fields[field - 3] ?? 0;
  return { pid, parent: at(4), ticks: at(14) + at(15), pages: at(24) };
}
