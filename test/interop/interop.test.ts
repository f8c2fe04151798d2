/** The suites of others against our proxy. They skip where their programs are missing, but not in CI, which installs them. */
import { describe, expect, it } from 'vitest';
import { canRun, programOf } from './go-programs.ts';
import { runGrpcCases } from './grpc-cases.ts';
import { compareByH2spec, readReport } from './h2spec.ts';

describe("h2spec's report", () => {
  it('is read case by case', () => {
    const xml =
      '<testsuite><testcase package="http2/1" classname="a"></testcase>' +
      '<testcase package="http2/2" classname="b &#34;c&#34;"><failure>x</failure></testcase></testsuite>';
    expect(readReport(xml)).toEqual({ total: 2, failed: ['http2/2: b "c"'] });
  });
});

describe.skipIf(!canRun('h2spec'))('h2spec', () => {
  it('finds nothing in our listener that a bare node:http2 would pass, but what follows from one port for both', async () => {
    const { ours, unexplained } = await compareByH2spec(programOf('h2spec'));
    expect(ours.total).toBeGreaterThanOrEqual(145);
    expect(unexplained).toEqual([]);
  }, 400_000);
});

describe.skipIf(!canRun('client', 'server'))("gRPC's interop client and server", () => {
  it('agree in every case with two proxies between them', async () => {
    const results = await runGrpcCases(programOf('server'), programOf('client'));
    expect(results.filter((r) => !r.passed)).toEqual([]);
    expect(results).toHaveLength(14);
  }, 240_000);
});
