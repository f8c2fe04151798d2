/** Changes to a head on its way through: what filters set, append and remove, applied when the head is written. */
import { RANGE } from './head.ts';
import type { Head } from './head.ts';

export class HeadEdits {
  readonly #removed = new Set<string>();
  readonly #lines: string[] = [];
  /** Requests: the target (path and query) that the endpoint gets instead. */
  target: string | undefined;
  /** Requests: the Host that the endpoint gets instead. */
  host: string | undefined;

  /** @param name - any case; a field that is there already is replaced @param value - without CR, LF and NUL */
  set(name: string, value: string): void {
    this.remove(name);
    this.append(name, value);
  }

  /** Adds a field beside those that are there. */
  append(name: string, value: string): void {
    this.#lines.push(`${name}: ${value}\r\n`);
  }

  /** Also takes back what was set or appended before. */
  remove(name: string): void {
    const lower = name.toLowerCase();
    this.#removed.add(lower);
    const kept = this.#lines.filter((line) => line.slice(0, line.indexOf(':')).toLowerCase() !== lower);
    this.#lines.splice(0, this.#lines.length, ...kept);
  }

  /** What is left of header lines that we would have written ourselves. @param lines - each ending in CRLF */
  keptOf(lines: string): string {
    const isKept = (line: string): boolean => !this.#removed.has(line.slice(0, line.indexOf(':')).toLowerCase());
    return lines
      .split(/(?<=\r\n)/)
      .filter(isKept)
      .join('');
  }

  /** The added lines, each ending in CRLF. */
  get lines(): string {
    return this.#lines.join('');
  }

  /** Marks the fields that are replaced or removed; may be called again for the next attempt. */
  dropFrom(head: Head): void {
    if (this.#removed.size === 0) return;
    for (let i = 0; i < head.fieldCount; i++) {
      const at = i * RANGE;
      if (this.#removed.has(head.text.slice(head.ranges[at] ?? 0, head.ranges[at + 1] ?? 0).toLowerCase())) {
        head.drop[i] = 1;
      }
    }
  }
}
