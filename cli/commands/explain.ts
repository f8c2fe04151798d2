/** `explain`: what an error code means, whose fault it is, and its HTTP status. */
import type { ErrorCode } from '../../contracts/errors.ts';
import { ERRORS } from '../../contracts/errors.ts';
import { nearest } from '../../contracts/nearest.ts';
import type { CommandSpec } from '../command.ts';
import { OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { table } from '../text/table.ts';

const CODES = Object.keys(ERRORS);

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

export const explain: CommandSpec = {
  name: 'explain',
  summary: 'Say what an error code means',
  examples: [
    ['meshproof explain UPSTREAM_TIMEOUT', 'one code'],
    ['meshproof explain', 'all of them'],
  ],
  arguments: [{ name: '[code]', description: 'a code, as in the header x-meshproof-error' }],
  options: [OUTPUT_OPTION],
  run: ({ terminal, args, options }) => {
    const wanted = args.optional(0)?.toUpperCase();
    if (wanted !== undefined && !isCode(wanted)) {
      const hint = nearest(wanted, CODES);
      throw new UsageError(
        `there is no error code "${wanted}"`,
        hint === undefined ? 'meshproof explain lists them' : `did you mean ${hint}?`,
      );
    }
    const rows = Object.entries(ERRORS).filter(([code]) => wanted === undefined || code === wanted);
    if (options.json) {
      terminal.out(
        `${JSON.stringify(
          rows.map(([code, row]) => ({ code, ...row })),
          null,
          2,
        )}\n`,
      );
    } else {
      const columns = [
        { title: 'CODE' },
        { title: 'HTTP', align: 'right' },
        { title: 'FAULT OF' },
        { title: 'MEANING' },
      ] as const;
      terminal.out(
        table(
          columns,
          rows.map(([code, row]) => [code, String(row.status), row.faultOf, row.message]),
        ),
      );
    }
    return Promise.resolve(EXIT.OK);
  },
};
