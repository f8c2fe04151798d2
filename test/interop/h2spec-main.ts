/** `npm run h2spec`: exits 1 when a case fails that is not known to. */
import { findGoProgram, missingLine } from './go-programs.ts';
import { KNOWN_FAILURES, runH2spec } from './h2spec.ts';

async function main(): Promise<number> {
  const program = findGoProgram('h2spec');
  if (program === undefined) {
    console.error(missingLine('h2spec'));
    return 1;
  }
  const { total, failed } = await runH2spec(program);
  for (const name of failed) console.log(`${KNOWN_FAILURES.has(name) ? 'known ' : 'FAILED'} ${name}`);
  const unknown = failed.filter((name) => !KNOWN_FAILURES.has(name)).length;
  console.log(`h2spec: ${total - failed.length} of ${total} passed, ${failed.length - unknown} known failures`);
  return unknown === 0 && total > 0 ? 0 : 1;
}

process.exitCode = await main();
