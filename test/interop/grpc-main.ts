/** `npm run interop`: a table of gRPC's interop cases; exits 1 when one fails. */
import { findGoProgram, missingLine } from './go-programs.ts';
import { runGrpcCases } from './grpc-cases.ts';

async function main(): Promise<number> {
  const server = findGoProgram('server');
  const client = findGoProgram('client');
  if (server === undefined || client === undefined) {
    console.error(missingLine(server === undefined ? 'server' : 'client'));
    return 1;
  }
  const results = await runGrpcCases(server, client);
  for (const { name, passed, ms, why } of results) {
    console.log(`${passed ? 'passed' : 'FAILED'} ${name.padEnd(30)} ${String(ms).padStart(6)} ms ${why}`);
  }
  const failed = results.filter((r) => !r.passed).length;
  console.log(`client -> proxy -> proxy -> server: ${results.length - failed} of ${results.length} passed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
