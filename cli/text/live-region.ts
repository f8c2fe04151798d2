/** Some lines at the bottom of the terminal that are redrawn in place, at most five times a second. */
import { printedWidth } from './table.ts';

const MIN_INTERVAL_MS = 200;

export type Screen = { readonly write: (text: string) => void; readonly columns: () => number };

export class LiveRegion {
  readonly #screen: Screen;
  readonly #nowMs: () => number;
  #rows = 0;
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #last = '';

  constructor(screen: Screen, nowMs: () => number) {
    this.#screen = screen;
    this.#nowMs = nowMs;
  }

  /** Draws the text unless it was drawn too short a time ago; what is skipped is superseded by the next draw. */
  draw(text: string): void {
    if (this.#nowMs() - this.#drawnAtMs < MIN_INTERVAL_MS) return;
    this.#redraw(text);
  }

  /** Prints text above the region, to stay. */
  print(text: string): void {
    this.#erase();
    this.#screen.write(text);
    this.#rows = 0;
    this.#redraw(this.#last);
  }

  /** Takes the region away. */
  close(): void {
    this.#erase();
    this.#rows = 0;
    this.#last = '';
  }

  #redraw(text: string): void {
    this.#erase();
    this.#screen.write(text);
    this.#rows = this.#rowsOf(text);
    this.#last = text;
    this.#drawnAtMs = this.#nowMs();
  }

  #erase(): void {
    if (this.#rows > 0) this.#screen.write(`\x1b[${this.#rows}A\r\x1b[J`);
  }

  /** Rows of the screen that the text takes: a line that is too long wraps. */
  #rowsOf(text: string): number {
    if (text === '') return 0;
    const columns = Math.max(1, this.#screen.columns());
    return text
      .replace(/\n$/, '')
      .split('\n')
      .reduce((rows, line) => rows + Math.max(1, Math.ceil(printedWidth(line) / columns)), 0);
  }
}
