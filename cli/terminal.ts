/** What a command may touch of the world around it; tests put their own in its place. */
import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

export type Terminal = {
  /** Data, to stdout. */
  readonly out: (text: string) => void;
  /** Messages to the person, to stderr. */
  readonly err: (text: string) => void;
  /** True when stdout is a terminal that understands cursor movement. */
  readonly live: boolean;
  readonly columns: () => number;
  readonly colors: Colors;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by the first Ctrl-C or SIGTERM; the reason is the signal's name. */
  readonly signal: AbortSignal;
};

/** Colours and animation only for a person at a terminal who did not ask to be spared (NO_COLOR, TERM=dumb). */
export function wantsColor(env: Terminal['env'], isTty: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '' && env['FORCE_COLOR'] !== '0') return true;
  return isTty && env['TERM'] !== 'dumb';
}

/** The terminal of this process. */
export function processTerminal(signal: AbortSignal): Terminal {
  const isTty = process.stdout.isTTY;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    live: isTty && process.env['TERM'] !== 'dumb' && process.env['CI'] === undefined,
    columns: () => process.stdout.columns || 100,
    colors: pc.createColors(wantsColor(process.env, isTty)),
    env: process.env,
    cwd: process.cwd(),
    signal,
  };
}
