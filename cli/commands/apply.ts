/** `apply`: declares documents to the control plane, all or nothing. Experiments are run, not applied. */
import { keyOf } from '../../contracts/document.ts';
import { quickClientFor } from '../api/client.ts';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { isExperiment, loadValid } from '../documents/load.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';

export const apply: CommandSpec = {
  name: 'apply',
  summary: 'Declare services, routes, gateways and faults',
  details: 'All documents are taken over together, or none. Experiments in the files are left for `meshproof run`.',
  examples: [
    ['meshproof apply -f mesh.yaml', 'declare what is in a file'],
    ['meshproof apply -f mesh.yaml routes/ --dry-run', 'only ask what would change'],
  ],
  options: [
    { flags: '-f, --file <file...>', description: 'files or folders', required: true },
    { flags: '--dry-run', description: 'check and compare, but change nothing' },
    OUTPUT_OPTION,
    SERVER_OPTION,
    TIMEOUT_OPTION,
  ],
  run: async ({ terminal, options }) => {
    const client = quickClientFor(terminal, options);
    const located = await loadValid(options.list('file'), terminal);
    if (!located) return EXIT.INVALID_INPUT;
    for (const experiment of located.filter(isExperiment)) {
      const key = keyOf(experiment.document);
      terminal.err(`${key} is an experiment; start it with: meshproof run ${experiment.file}\n`);
    }
    const documents = located.filter((d) => !isExperiment(d)).map((d) => d.source);
    if (documents.length === 0) throw new UsageError('the files hold nothing to apply');
    const dryRun = options.flag('dryRun');
    const result = await client.apply(documents, dryRun);
    if (options.json) terminal.out(`${JSON.stringify(result, null, 2)}\n`);
    else {
      for (const { key, action } of result.results) terminal.out(`${key} ${action}\n`);
      terminal.err(dryRun ? 'nothing was changed (--dry-run)\n' : `configuration version ${result.version}\n`);
    }
    return EXIT.OK;
  },
};
