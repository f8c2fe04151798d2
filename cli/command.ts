/**
 * A command as data: its name, words and options, and the function that carries it out. The parser, the help, the
 * shell completions and docs/cli.md are all made from this one table.
 */
import { parseDuration } from '../contracts/units.ts';
import { UsageError } from './failure.ts';
import type { Terminal } from './terminal.ts';

export type OptionSpec = {
  /** As in commander: `-o, --output <format>`; `...` in the value takes several. */
  readonly flags: string;
  readonly description: string;
  readonly choices?: readonly string[];
  readonly default?: string;
  readonly required?: boolean;
};

export type ArgumentSpec = {
  /** `<name>`, `[name]`, `<name...>` or `[name...]`. */
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
};

export type CommandSpec = {
  /** One word, or two for a command in a group: `gate wait`. */
  readonly name: string;
  readonly summary: string;
  readonly details?: string;
  /** What a person would type, and what it does. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly run: (input: CommandInput) => Promise<number>;
};

export type CommandInput = { readonly terminal: Terminal; readonly args: Arguments; readonly options: Options };

/** Positional arguments, read by place. */
export class Arguments {
  readonly #values: readonly unknown[];

  constructor(values: readonly unknown[]) {
    this.#values = values;
  }

  text(index: number): string {
    return this.optional(index) ?? '';
  }

  optional(index: number): string | undefined {
    const value = this.#values[index];
    return typeof value === 'string' ? value : undefined;
  }

  list(index: number): readonly string[] {
    const value = this.#values[index];
    return Array.isArray(value) ? value.map(String) : [];
  }
}

/** Options, read by their long name in camel case. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  list(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** @returns milliseconds @throws UsageError when the text is not a duration */
  durationMs(name: string, fallbackMs: number): number {
    const text = this.text(name);
    if (text === undefined) return fallbackMs;
    const ms = parseDuration(text);
    if (ms === undefined) {
      throw new UsageError(`--${name} "${text}" is not a duration`, 'write a number with a unit: 500ms, 30s, 5m, 1h');
    }
    return ms;
  }

  /** @throws UsageError when the text is not a whole number within the bounds */
  whole(name: string, bounds: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < bounds.min || value > bounds.max) {
      throw new UsageError(
        `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} "${text}" is not a number in range`,
        `it goes from ${bounds.min} to ${bounds.max}`,
      );
    }
    return value;
  }

  /** @throws UsageError when the text is not a number within the bounds */
  number(name: string, bounds: { readonly min: number; readonly max: number }): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text.replace(/%$/, ''));
    if (text.trim() !== '' && value >= bounds.min && value <= bounds.max) return value;
    throw new UsageError(
      `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} "${text}" is not a number in range`,
      `it goes from ${bounds.min} to ${bounds.max}`,
    );
  }

  /** True when the answer is wanted as JSON. */
  get json(): boolean {
    return this.text('output') === 'json';
  }
}

export const OUTPUT_OPTION: OptionSpec = {
  flags: '-o, --output <format>',
  description: 'how to print',
  choices: ['text', 'json'],
  default: 'text',
};

export const SERVER_OPTION: OptionSpec = {
  flags: '--server <url>',
  description: 'the control plane; MESHPROOF_SERVER does the same (default: http://127.0.0.1:9900)',
};

/** How long a single question to the control plane may take. */
export const TIMEOUT_OPTION: OptionSpec = {
  flags: '--timeout <duration>',
  description: 'give up after this long',
  default: '10s',
};
