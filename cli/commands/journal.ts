/** `journal verify`: whether journals are as they were written. */
import type { ChainReport } from '../../contracts/experiment.ts';
import { verifyChain } from '../../experiments/verify-chain.ts';
import { quickClientFor } from '../api/client.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { readJournalFile } from '../journal/journal-file.ts';
import type { Colors } from '../terminal.ts';

export const journalVerify: CommandSpec = {
  name: 'journal verify',
  summary: 'Say whether a journal is as it was written, and where its chain breaks',
  details:
    'Every entry carries a hash of itself and of the entry before it. Without a name every journal of the control plane is checked. Exit 65 when a chain is broken.',
  examples: [
    ['meshproof journal verify reviews-v2', 'the last run of one experiment'],
    ['meshproof journal verify', 'every journal'],
    [
      'meshproof journal verify --file journal.json --head 9f3c…',
      'one that was exported, against a hash noted elsewhere',
    ],
  ],
  arguments: [{ name: '[experiment]', description: 'the experiment, or the id of a run' }],
  options: [
    { flags: '--file <path>', description: 'a journal that was exported with: meshproof get journal NAME -o json' },
    { flags: '--head <hash>', description: 'the hash of the last entry, as it was noted elsewhere' },
    OUTPUT_OPTION,
    SERVER_OPTION,
    TIMEOUT_OPTION,
  ],
  run: async (input) => {
    const reports = withHead(await reportsOf(input), input.options.text('head'));
    const { terminal, options } = input;
    if (options.json) terminal.out(`${JSON.stringify(reports, null, 2)}\n`);
    else for (const report of reports) terminal.out(reportText(report, terminal.colors));
    if (reports.length === 0) terminal.err('there is no journal yet\n');
    return reports.every((report) => report.intact) ? EXIT.OK : EXIT.INVALID_INPUT;
  },
};

async function reportsOf({ terminal, args, options }: CommandInput): Promise<readonly ChainReport[]> {
  const file = options.text('file');
  const name = args.optional(0);
  if (file !== undefined) {
    if (name !== undefined) throw new UsageError('give an experiment or --file, not both');
    return [verifyChain(await readJournalFile(terminal, file))];
  }
  if (options.text('head') !== undefined && name === undefined)
    throw new UsageError('--head is of one journal', 'meshproof journal verify NAME --head HASH');
  const client = quickClientFor(terminal, options);
  return name === undefined ? client.chains() : [await client.chain(name)];
}

function withHead(reports: readonly ChainReport[], head: string | undefined): readonly ChainReport[] {
  return reports.map((report) => {
    if (head === undefined || report.head === head) return report;
    const message = `the last entry is not the one that was noted: its hash is ${report.head ?? 'missing'}`;
    return {
      ...report,
      intact: false,
      breaks: [...report.breaks, { seq: report.entries - 1, kind: 'changed', message }],
    };
  });
}

export function reportText(report: ChainReport, { green, red, dim }: Colors): string {
  const { experimentId, entries, intact, head, chainedFrom, breaks } = report;
  if (!intact) {
    const lines = breaks.length === 0 ? ['there is no entry'] : breaks.map(({ message }) => message);
    return `${experimentId}: ${red('broken')}\n${lines.map((line) => `  ${line}\n`).join('')}`;
  }
  const late = chainedFrom === 0 ? '' : `; entries before ${chainedFrom} were chained by an upgrade`;
  return `${experimentId}: ${green('intact')}, ${entries} entries${late}\n${dim(`  head ${head ?? ''}`)}\n`;
}
