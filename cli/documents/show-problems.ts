/** Problems as a person wants to see them: file, line and column, and the line itself with a caret under the place. */
import type { Problem } from '../../contracts/errors.ts';
import { formatProblem } from '../../contracts/parse.ts';
import type { Colors } from '../terminal.ts';

/** @param texts - the text of each file by name; a problem of an unknown file is shown without its line */
export function showProblems(problems: readonly Problem[], texts: ReadonlyMap<string, string>, colors: Colors): string {
  const sorted = [...problems].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
  return sorted.map((problem) => `${formatProblem(problem)}\n${excerpt(problem, texts, colors)}`).join('');
}

function excerpt(problem: Problem, texts: ReadonlyMap<string, string>, colors: Colors): string {
  const line = texts.get(problem.file)?.split(/\r?\n/)[problem.line - 1];
  if (line === undefined || line.trim() === '') return '';
  const gutter = String(problem.line).padStart(5);
  // Tabs stay tabs, so that the caret stands under its character whatever a tab's width is.
  const lead = line.slice(0, problem.column - 1).replace(/[^\t]/g, ' ');
  return `${colors.dim(`${gutter} | `)}${line}\n${colors.dim(`${' '.repeat(5)} | `)}${lead}${colors.red('^')}\n`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `2 problems in 1 of 3 files`. */
export function countProblems(problems: readonly Problem[], files: readonly string[]): string {
  const bad = new Set(problems.map((p) => p.file)).size;
  return `${plural(problems.length, 'problem')} in ${bad} of ${plural(files.length, 'file')}`;
}
