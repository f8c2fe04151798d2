/** The status document that a pipeline asks for, from a run as people see it. Pure. */
import type { ExperimentView, GateStatus } from '../contracts/experiment.ts';
import { TERMINAL_PHASES } from '../contracts/experiment.ts';

/** A pipeline acts on what a gate says, so a gate says PASS only at the very end: the watch may still take it back. */
export function gateStatus(view: ExperimentView): GateStatus {
  const terminal = TERMINAL_PHASES.includes(view.phase);
  const verdict = terminal || view.verdict === 'FAIL' ? view.verdict : 'PENDING';
  return {
    id: view.id,
    status: statusOf(view, terminal),
    terminal,
    verdict,
    ok: verdict === 'PASS',
    progress: progressOf(view, terminal),
    reason: view.reason,
    score: view.score ?? null,
    since: view.startedAt,
    updated: view.updatedAt,
    metrics: view.judgement.metrics.map((m) => ({
      name: m.name,
      baseline: m.baseline.value,
      candidate: m.candidate.value,
      effect: m.effect,
      ci: m.interval,
      limit: m.limit,
      verdict: m.verdict,
      n: [m.baseline.requests, m.candidate.requests],
    })),
    links: { ui: `/experiments/${view.name}`, journal: `/api/v1/experiments/${view.name}/journal` },
  };
}

function statusOf(view: ExperimentView, terminal: boolean): GateStatus['status'] {
  if (view.phase === 'declared') return 'PENDING';
  const isPaused = view.phase === 'held' || (view.waitsFor ?? null) !== null || (view.pausedBy ?? null) !== null;
  if (isPaused && !terminal) return 'PAUSED';
  if (!terminal) return 'RUNNING';
  if (view.haltedBy !== null && view.phase === 'rolled-back') return 'ABORTED';
  if (view.verdict === 'FAIL') return 'FAILED';
  return view.verdict === 'PASS' ? 'PASSED' : 'INCONCLUSIVE';
}

/** Steps done, and within the last step how near the evidence is; 100 only at the end. */
function progressOf(view: ExperimentView, terminal: boolean): number {
  if (terminal) return 100;
  if (view.phase === 'promoting' || view.phase === 'watching') return 95;
  const done = Math.max(0, view.stepIndex);
  const evidence = view.judgement.metrics.map((m) =>
    Math.min(1, Math.max(0, Math.log(Math.max(1, m.eSafe)) / Math.log(m.threshold))),
  );
  const least = evidence.length === 0 ? 0 : Math.min(...evidence);
  return Math.min(94, Math.round(((done + least) / view.steps.length) * 90));
}
