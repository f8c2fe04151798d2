/** `npm run h2spec`: exits 1 when a case fails that a bare server of node:http2 passes, and that is not explained. */
import { findGoProgram, missingLine } from './go-programs.ts';
import { compareByH2spec } from './h2spec.ts';

async function main(): Promise<number> {
  const program = findGoProgram('h2spec');
  if (program === undefined) {
    console.error(missingLine('h2spec'));
    return 1;
  }
  const { ours, bare, unexplained } = await compareByH2spec(program);
  for (const name of ours.failed) console.log(`${unexplained.includes(name) ? 'FAILED' : 'known '} ${name}`);
  const passed = ({ total, failed }: typeof ours): string => `${total - failed.length} of ${total}`;
  console.log(`h2spec: ${passed(ours)} passed; a bare server of node:http2 ${process.version}: ${passed(bare)}`);
  return unexplained.length === 0 ? 0 : 1;
}

process.exitCode = await main();
