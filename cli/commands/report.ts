/** `report`: what an experiment's journal says, for people, for pipelines, and for keeping. */
import type { ChainReport, JournalEntry } from '../../contracts/experiment.ts';
import { verifyChain } from '../../experiments/verify-chain.ts';
import { quickClientFor } from '../api/client.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { readJournalFile } from '../journal/journal-file.ts';
import { htmlReport } from '../report/html.ts';
import { junitReport } from '../report/junit.ts';
import { markdownReport } from '../report/markdown.ts';
import { reportOf } from '../report/model.ts';
import type { Report } from '../report/model.ts';
import { textReport } from '../report/text.ts';
import type { Colors } from '../terminal.ts';

const FORMATS: Readonly<Record<string, (report: Report, colors: Colors) => string>> = {
  text: textReport,
  markdown: markdownReport,
  json: (report) => `${JSON.stringify(report, null, 2)}\n`,
  junit: junitReport,
  html: htmlReport,
};

export const report: CommandSpec = {
  name: 'report',
  summary: 'Turn the journal of an experiment into a report',
  details:
    'What was run, the verdict with its evidence by metric, what happened when, what was declared, and whether the journal is as it was written.',
  examples: [
    ['meshproof report reviews-v2', 'the last run, in the terminal'],
    ['meshproof report reviews-v2 -o html > report.html', 'one page with charts, to be kept or sent'],
    ['meshproof report reviews-v2 -o junit > report.xml', 'for a pipeline that gates on tests'],
    ['meshproof report --file journal.json -o markdown', 'of an exported journal, without a control plane'],
  ],
  arguments: [{ name: '[experiment]', description: 'the experiment, or the id of a run' }],
  options: [
    {
      flags: '-o, --output <format>',
      description: 'how to print',
      choices: Object.keys(FORMATS),
      default: 'text',
    },
    { flags: '--file <path>', description: 'a journal that was exported with: meshproof get journal NAME -o json' },
    SERVER_OPTION,
    TIMEOUT_OPTION,
  ],
  run: async (input) => {
    const { entries, chain } = await journalOf(input);
    const format = FORMATS[input.options.text('output') ?? 'text'] ?? textReport;
    input.terminal.out(format(reportOf(entries, chain), input.terminal.colors));
    return EXIT.OK;
  },
};

type Journal = { readonly entries: readonly JournalEntry[]; readonly chain: ChainReport };

async function journalOf({ terminal, args, options }: CommandInput): Promise<Journal> {
  const [file, name] = [options.text('file'), args.optional(0)];
  if ((file === undefined) === (name === undefined))
    throw new UsageError('which experiment?', 'meshproof report NAME, or meshproof report --file JOURNAL');
  if (file !== undefined) {
    const entries = await readJournalFile(terminal, file);
    return { entries, chain: verifyChain(entries) };
  }
  const client = quickClientFor(terminal, options);
  const entries = await client.journal(name ?? '');
  return { entries, chain: await client.chain(name ?? '') };
}
