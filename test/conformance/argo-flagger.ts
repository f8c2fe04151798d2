/** Runs argo-flagger.json: Argo Rollouts' metric phases and checks of metrics, Flagger's sequences of weights. */
import { argoMetricError, assessArgoMetric } from '../../analyzer/threshold/argo.ts';
import type { ArgoMetric, ArgoResult } from '../../analyzer/threshold/argo.ts';
import { advanceFlagger, FLAGGER_START, flaggerWeights } from '../../analyzer/threshold/flagger.ts';
import type { FlaggerAnalysis } from '../../analyzer/threshold/flagger.ts';
import { differences, readCaseFile } from './case-file.ts';
import type { ConformanceResult } from './result.ts';

type CaseFile = {
  readonly argoAssess?: readonly {
    readonly id: string;
    readonly metric: ArgoMetric;
    readonly result: Partial<ArgoResult>;
    readonly terminating: boolean;
    readonly expected: string;
  }[];
  readonly flaggerWeights?: readonly {
    readonly id: string;
    readonly analysis: FlaggerAnalysis;
    readonly expected: {
      readonly primaryWeightAfterEachTick: readonly number[];
      readonly thenPhases?: readonly string[];
    };
  }[];
  readonly argoValidation?: {
    readonly metricValidation?: readonly {
      readonly metric: ArgoMetric & { readonly provider?: Readonly<Record<string, unknown>> };
      readonly error: string;
    }[];
  };
};

const exact = (): number => 0;

export async function run(casesDir: string): Promise<ConformanceResult> {
  const file = 'argo-flagger.json';
  const cases = (await readCaseFile(casesDir, file)) as CaseFile;
  const results = [...assessments(cases), ...weights(cases), ...validations(cases)];
  const failures = results.flatMap(({ id, problems }) =>
    problems.length === 0 ? [] : [`${id}: ${problems.join('; ')}`],
  );
  return { file, passed: results.length - failures.length, total: results.length, failures };
}

type Result = { readonly id: string; readonly problems: readonly string[] };

function assessments({ argoAssess = [] }: CaseFile): Result[] {
  return argoAssess.map(({ id, metric, result, terminating, expected }) => {
    const phase = assessArgoMetric(metric, complete(result), terminating);
    return { id, problems: differences(phase, expected, exact) };
  });
}

/** A case leaves out what is 0; measurements are only counted where they matter. */
function complete(result: Partial<ArgoResult>): ArgoResult {
  const none = { successful: 0, failed: 0, inconclusive: 0, consecutiveError: 0, consecutiveSuccess: 0 };
  return { ...none, inFlight: false, count: 0, measurements: result.count ?? 0, ...result };
}

function weights({ flaggerWeights: cases = [] }: CaseFile): Result[] {
  return cases.map(({ id, analysis, expected }) => {
    const canary = flaggerWeights(analysis);
    const found = {
      primaryWeightAfterEachTick: canary.map((weight) => 100 - weight),
      thenPhases: phasesAfter(analysis),
    };
    return { id, problems: differences(found, expected, exact) };
  });
}

function phasesAfter(analysis: FlaggerAnalysis): string[] {
  const phases: string[] = [];
  let state = FLAGGER_START;
  while (state.phase !== 'Succeeded' && state.phase !== 'Failed') {
    state = advanceFlagger(analysis, state, true);
    if (state.phase === 'Promoting') phases.push('Promoting (next tick)');
    else if (state.phase === 'Finalising') {
      phases.push(`Finalising with primary ${100 - state.canaryWeight} / canary ${state.canaryWeight}`);
    } else if (state.phase !== 'Progressing') phases.push(state.phase);
  }
  return phases;
}

/** A case without a provider is about another rule: one is put in. */
function validations({ argoValidation }: CaseFile): Result[] {
  return (argoValidation?.metricValidation ?? []).map(({ metric, error }, i) => {
    const providers = metric.provider === undefined ? 1 : Object.keys(metric.provider).length;
    return { id: `argo-validation-${i + 1}`, problems: differences(argoMetricError(metric, providers), error, exact) };
  });
}
