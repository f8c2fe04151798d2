/**
 * Writes what is made from the contracts: schemas/<Kind>.json, docs/errors.md and docs/cli.md.
 * With --check it writes nothing and exits 1 when a file is not current.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { schemaText } from '../cli/commands/schema.ts';
import { commandsPage } from '../cli/documentation.ts';
import { PACKAGE_ROOT } from '../cli/version.ts';
import { KINDS } from '../contracts/document.ts';
import { ERRORS } from '../contracts/errors.ts';

/** Each generated file, by its path from the top. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...KINDS.map((kind) => [`schemas/${kind}.json`, schemaText(kind)] as const),
    ['docs/errors.md', errorsPage()],
    ['docs/cli.md', commandsPage()],
  ]);
}

function errorsPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, row]) => `| \`${code}\` | ${row.status} | ${row.faultOf} | ${row.message.replaceAll('|', '\\|')} |`,
  );
  return [
    '# Error codes',
    '',
    'Made from `contracts/errors.ts`; do not edit. Codes are a contract: match on them, never on message text. An answer',
    'that a proxy made itself carries its code in the header `x-meshproof-error`. `meshproof explain CODE` prints a row.',
    '',
    '| code | HTTP | fault of | meaning |',
    '|---|--:|---|---|',
    ...rows,
    '',
  ].join('\n');
}

async function main(check: boolean): Promise<number> {
  let stale = 0;
  for (const [path, text] of generatedFiles()) {
    const full = join(PACKAGE_ROOT, path);
    const found = await readFile(full, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (found === text) continue;
    stale++;
    if (check) {
      console.error(`${path} is not current; run: node dist/scripts/generate-schemas.js`);
      continue;
    }
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, text);
    console.log(`wrote ${path}`);
  }
  return check && stale > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.includes('--check'));
