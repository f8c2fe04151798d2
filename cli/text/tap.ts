/** Requests of a tap as lines. */
import type { TapEvent } from '../../contracts/tap.ts';
import type { Colors } from '../terminal.ts';

/** One line; the fields of the head beneath it where they came. */
export function tapLine(proxy: string, event: TapEvent, colors: Colors): string {
  const { time, method, host, path, status, durationMs, service, version, endpoint, attempts } = event;
  const where = [service, version].filter((part) => part !== undefined).join('/');
  const notes = [
    ...(endpoint === undefined ? [] : [`endpoint=${endpoint}`]),
    ...(event.arm === undefined ? [] : [`arm=${event.arm}`]),
    ...(attempts > 1 ? [`attempts=${attempts}`] : []),
    ...(event.shielded === true ? ['shielded'] : []),
    ...(event.faults === undefined ? [] : [`faults=${event.faults}`]),
    ...(event.error === undefined ? [] : [`error=${event.error}`]),
  ];
  const shown = printable(`${method} ${host}${path}`);
  const line = `${time.slice(11, 23)} ${printable(proxy)}  ${shown}  ${statusText(status, colors)} ${durationMs.toFixed(1)}ms`;
  const fields = (event.headers ?? []).map(([name, value]) => `    ${colors.dim(printable(`${name}: ${value}`))}\n`);
  return `${line}  ${printable([where, ...notes].join(' '))}`.trimEnd() + `\n${fields.join('')}`;
}

function statusText(status: number, colors: Colors): string {
  if (status === 0) return colors.red('broken');
  return status >= 500 ? colors.red(String(status)) : status >= 400 ? colors.yellow(String(status)) : String(status);
}

/** What a client sent must not steer the terminal of who watches. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
