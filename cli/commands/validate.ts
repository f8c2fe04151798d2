/** `validate`: checks files, and what they say about each other, without a control plane. */
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION } from '../command.ts';
import { readFiles } from '../documents/read-files.ts';
import { countProblems, plural, showProblems } from '../documents/show-problems.ts';
import { EXIT } from '../exit-codes.ts';

export const validate: CommandSpec = {
  name: 'validate',
  summary: 'Check files without running anything',
  details:
    'All files are checked together, so that a route may name a service of another file. Each problem is printed as\n' +
    'file:line:column. A folder stands for the *.yaml, *.yml and *.json in it.',
  examples: [
    ['meshproof validate mesh.yaml', 'check a file'],
    ['meshproof validate mesh.yaml canary.yaml', 'check files together'],
    ['meshproof validate scenarios/ -o json', 'check a folder; print the problems as JSON'],
  ],
  arguments: [{ name: '<file...>', description: 'files or folders' }],
  options: [OUTPUT_OPTION],
  run: async ({ terminal, args, options }) => {
    const { files, documents, problems, texts } = await readFiles(args.list(0), terminal.cwd);
    const valid = problems.length === 0;
    if (options.json) {
      const report = { valid, files: files.length, documents: documents.length, problems };
      terminal.out(`${JSON.stringify(report, null, 2)}\n`);
    } else if (valid) {
      terminal.out(`valid: ${plural(documents.length, 'document')} in ${plural(files.length, 'file')}\n`);
    } else {
      terminal.out(showProblems(problems, texts, terminal.colors));
      terminal.err(`${countProblems(problems, files)}\n`);
    }
    return valid ? EXIT.OK : EXIT.INVALID_INPUT;
  },
};
