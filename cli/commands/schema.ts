/** `schema`: the JSON Schema of a kind, for editors. The files in schemas/ are made with the same function. */
import { z } from 'zod';
import { KINDS, SCHEMAS } from '../../contracts/document.ts';
import type { Kind } from '../../contracts/document.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit-codes.ts';

/** The schema of what a person writes (before defaults); draft 7, which YAML editors understand. */
export function schemaText(kind: Kind): string {
  const schema = z.toJSONSchema(SCHEMAS[kind], { io: 'input', target: 'draft-07' });
  return `${JSON.stringify({ title: `Meshproof ${kind}`, ...schema }, null, 2)}\n`;
}

export const schema: CommandSpec = {
  name: 'schema',
  summary: 'Print the JSON Schema of a kind',
  examples: [['meshproof schema Canary > Canary.json', 'for an editor that completes and checks YAML']],
  arguments: [{ name: '<kind>', description: 'the kind', choices: KINDS }],
  run: ({ terminal, args }) => {
    const kind = KINDS.find((k) => k === args.text(0));
    if (kind) terminal.out(schemaText(kind));
    return Promise.resolve(kind ? EXIT.OK : EXIT.USAGE);
  },
};
