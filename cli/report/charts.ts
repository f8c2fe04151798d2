/** Which charts a report has, and what they show. */
import { formatDuration, PPM } from '../../contracts/units.ts';
import { shareWord } from '../../contracts/share-word.ts';
import { count, effect as effectText, weight } from '../text/figures.ts';
import type { Chart } from './chart.ts';
import type { Report } from './model.ts';
import type { CheckSeries, MetricSeries } from './series.ts';

/** Those that have something to show. */
export function chartsOf(report: Report): readonly Chart[] {
  const charts = [
    weightChart(report),
    ...report.series.metrics.map((m) => effectChart(m, report)),
    ...report.series.checks.map((c) => checkChart(c, report)),
    requestChart(report),
  ];
  return charts.filter((chart) => chart !== undefined);
}

function weightChart({ series: { weights }, lastedMs, candidate }: Report): Chart | undefined {
  if (!weights.some(({ ppm }) => ppm > 0)) return undefined;
  const points = [{ x: 0, y: 0 }, ...weights.map(({ afterMs, ppm }) => ({ x: afterMs, y: (100 * ppm) / PPM }))];
  const told = weights.map(({ afterMs, ppm }) => `${weight(ppm)} after ${formatDuration(afterMs)}`);
  return {
    title: `Share of ${candidate ?? 'the candidate'}`,
    description: told.join(', '),
    lines: [{ style: 'candidate', name: candidate ?? 'candidate', points, step: true, area: true }],
    xMax: lastedMs,
    yMin: 0,
    yMax: 100,
    format: (y) => `${y}%`,
  };
}

/** The scale shows the limit and the last bounds; earlier, wider bounds run off its edge. */
function effectChart({ name, unit, limit, points }: MetricSeries, { lastedMs }: Report): Chart | undefined {
  const last = points.at(-1);
  if (!last) return undefined;
  const bounded = points.findLast((p) => p.low !== null && p.high !== null);
  const seen = [0, limit, last.effect, ...(bounded ? [bounded.low ?? 0, bounded.high ?? 0] : [])];
  const span = Math.max(...seen) - Math.min(...seen) || 1;
  const [yMin, yMax] = [Math.min(...seen) - span * 0.15, Math.max(...seen) + span * 0.15];
  return {
    title: `Effect on ${unit === 'share' ? `${name} (${shareWord({ name })})` : name}`,
    description:
      `candidate against baseline, with its confidence sequence: at the end ${effectText(unit, last.effect)}` +
      (bounded ? ` between ${effectText(unit, bounded.low)} and ${effectText(unit, bounded.high)}` : '') +
      `; the limit is ${effectText(unit, limit)}`,
    lines: [{ style: 'effect', name, points: points.map((p) => ({ x: p.afterMs, y: p.effect })) }],
    band: points.flatMap((p) =>
      p.low === null && p.high === null ? [] : [{ x: p.afterMs, low: p.low ?? yMin, high: p.high ?? yMax }],
    ),
    limit: { y: limit, name: `limit ${effectText(unit, limit)}` },
    xMax: lastedMs,
    yMin,
    yMax,
    format: (y) => effectText(unit, y),
  };
}

function checkChart({ name, limit, points }: CheckSeries, { lastedMs }: Report): Chart {
  const values = [...points.map((p) => p.value), ...(limit === null ? [] : [limit])];
  const span = Math.max(...values) - Math.min(...values) || 1;
  const figure = (y: number): string => String(Number(y.toPrecision(4)));
  const last = points.at(-1)?.value ?? 0;
  return {
    title: name,
    description: `at the end ${figure(last)}${limit === null ? '' : `; the limit is ${figure(limit)}`}`,
    lines: [{ style: 'effect', name, points: points.map((p) => ({ x: p.afterMs, y: p.value })) }],
    ...(limit === null ? {} : { limit: { y: limit, name: `limit ${figure(limit)}` } }),
    xMax: lastedMs,
    yMin: Math.min(...values) - span * 0.15,
    yMax: Math.max(...values) + span * 0.15,
    format: figure,
  };
}

function requestChart({ series: { requests }, lastedMs, baseline, candidate, arms }: Report): Chart | undefined {
  const last = requests.at(-1);
  const isCompared = candidate !== null || arms.length > 0;
  const top = Math.max(0, ...requests.map((p) => Math.max(p.baseline, p.candidate)));
  if (!last || top === 0) return undefined;
  const line = (style: string, name: string, key: 'baseline' | 'candidate' | 'errors') => ({
    style,
    name,
    points: [{ x: 0, y: 0 }, ...requests.map((p) => ({ x: p.afterMs, y: p[key] }))],
  });
  return {
    title: 'Requests since the start',
    description: isCompared
      ? `${count(last.baseline)} baseline, ${count(last.candidate)} candidate, ${count(last.errors)} candidate errors`
      : count(last.baseline),
    lines: isCompared
      ? [
          line('baseline', baseline ?? 'baseline', 'baseline'),
          line('candidate', candidate ?? 'candidate', 'candidate'),
          line('bad', 'candidate errors', 'errors'),
        ]
      : [line('baseline', 'requests', 'baseline')],
    xMax: lastedMs,
    yMin: 0,
    yMax: top,
    format: (y) => (y >= 10_000 ? `${y / 1_000}k` : count(y)),
  };
}
