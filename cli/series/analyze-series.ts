/** The second form of `analyze`: two files of series. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT_OF_VERDICT } from '../../contracts/verdict.ts';
import type { CommandInput } from '../command.ts';
import { showProblems } from '../documents/show-problems.ts';
import { EXIT } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { judgePairs } from './judge-files.ts';
import { pairSeries } from './pair.ts';
import type { Side } from './pair.ts';
import { SeriesFileError } from './series-by-name.ts';
import type { SeriesArm } from './series-by-name.ts';
import { readSeries } from './series-file.ts';
import { seriesText, warningsText } from './text.ts';

/** @returns the exit code of the verdict, or that of a file that is not valid */
export async function analyzeSeries(
  { terminal, options }: Omit<CommandInput, 'args'>,
  baseline: string,
  candidate: string,
): Promise<number> {
  const texts = new Map<string, string>();
  const load = async (file: string, arm: SeriesArm): Promise<Side> => {
    const text = await readText(file, terminal);
    texts.set(file, text);
    return { file, series: readSeries(file, text, arm, options.text('column')) };
  };
  try {
    const sides = [await load(baseline, 'baseline'), await load(candidate, 'candidate')] as const;
    const judgement = judgePairs(pairSeries(...sides, options.list('metric')), options);
    if (options.json) terminal.out(`${JSON.stringify({ judge: options.text('judge'), ...judgement }, null, 2)}\n`);
    else terminal.out(seriesText(judgement, terminal.colors));
    terminal.err(warningsText(judgement));
    return EXIT_OF_VERDICT[judgement.verdict];
  } catch (error) {
    if (!(error instanceof SeriesFileError)) throw error;
    terminal.err(showProblems([error.problem], texts, terminal.colors));
    return EXIT.INVALID_INPUT;
  }
}

async function readText(file: string, terminal: Terminal): Promise<string> {
  return readFile(resolve(terminal.cwd, file), 'utf8').catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!['ENOENT', 'EISDIR', 'EACCES'].includes(code)) throw error;
    throw new SeriesFileError(file, 1, 1, `the file cannot be read (${code}); is the name right?`);
  });
}
