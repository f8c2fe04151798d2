/** A line chart as inline SVG: no script, no resource; colours come from the page's style. Pure. */
import { formatDuration } from '../../contracts/units.ts';
import { escapeMarkup } from './markup.ts';

export type XY = { readonly x: number; readonly y: number };
export type Line = {
  /** A class of the page's style: baseline, candidate, bad, effect. */
  readonly style: string;
  readonly name: string;
  readonly points: readonly XY[];
  /** Holds its value until the next point. */
  readonly step?: boolean;
  /** Filled down to zero. */
  readonly area?: boolean;
};
export type Chart = {
  readonly title: string;
  /** Read out in the place of the picture. */
  readonly description: string;
  readonly lines: readonly Line[];
  /** Drawn under the lines: lower and upper bounds at the same moments. */
  readonly band?: readonly { readonly x: number; readonly low: number; readonly high: number }[];
  readonly limit?: { readonly y: number; readonly name: string };
  /** Milliseconds. */
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
  readonly format: (y: number) => string;
};

const WIDTH = 480;
const HEIGHT = 220;
const PLOT = { left: 62, right: 468, top: 12, bottom: 188 } as const;
const X_TICKS = 4;
const Y_TICKS = 4;

export function chartSvg(chart: Chart): string {
  const x = scale(0, Math.max(1, chart.xMax), PLOT.left, PLOT.right);
  const y = scale(chart.yMin, chart.yMax, PLOT.bottom, PLOT.top);
  const band = chart.band ?? [];
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeMarkup(`${chart.title}. ${chart.description}`)}">`,
    ...axes(chart, x, y),
    band.length < 2 ? '' : `<path class="band" d="${bandPath(band, x, y)}"/>`,
    ...(chart.limit ? limitLine(chart.limit, y) : []),
    ...chart.lines.flatMap((line) => linePaths(line, chart, x, y)),
    '</svg>',
  ].join('');
}

type Scale = (value: number) => number;

/** Values outside are drawn at the edge. */
function scale(from: number, to: number, start: number, end: number): Scale {
  const low = Math.min(start, end);
  const high = Math.max(start, end);
  const span = to - from || 1;
  return (value) => round(Math.min(high, Math.max(low, start + ((value - from) / span) * (end - start))));
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}

function axes({ xMax, yMin, yMax, format }: Chart, x: Scale, y: Scale): string[] {
  const horizontal = ticks(yMin, yMax, Y_TICKS).flatMap((value) => [
    `<path class="${value === 0 ? 'zero' : 'grid'}" d="M${PLOT.left} ${y(value)}H${PLOT.right}"/>`,
    `<text class="tick" x="${PLOT.left - 8}" y="${y(value) + 4}" text-anchor="end">${escapeMarkup(format(value))}</text>`,
  ]);
  const vertical = timeTicks(xMax).map((ms) => {
    const anchor = ms === 0 ? 'start' : 'middle';
    return `<text class="tick" x="${x(ms)}" y="${PLOT.bottom + 20}" text-anchor="${anchor}">${ms === 0 ? 0 : formatDuration(ms)}</text>`;
  });
  return [...horizontal, ...vertical];
}

/** Round values between the ends, about `wanted` of them. */
export function ticks(min: number, max: number, wanted: number): number[] {
  const raw = (max - min) / wanted;
  if (!(raw > 0)) return [min];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= raw) ?? raw;
  const first = Math.ceil(min / step - 1e-9);
  const count = Math.floor(max / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const TIME_STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

function timeTicks(xMaxMs: number): number[] {
  const wanted = xMaxMs / 1_000 / X_TICKS;
  const stepMs = (TIME_STEPS_S.find((s) => s >= wanted) ?? wanted) * 1_000;
  return Array.from({ length: Math.floor(xMaxMs / stepMs) + 1 }, (_, i) => i * stepMs);
}

function limitLine({ y: value, name }: { readonly y: number; readonly name: string }, y: Scale): string[] {
  return [
    `<path class="limit" d="M${PLOT.left} ${y(value)}H${PLOT.right}"/>`,
    `<text class="tick limit-name" x="${PLOT.left + 6}" y="${y(value) - 5}">${escapeMarkup(name)}</text>`,
  ];
}

function bandPath(band: NonNullable<Chart['band']>, x: Scale, y: Scale): string {
  const upper = band.map((p) => `${x(p.x)} ${y(p.high)}`);
  const lower = band.toReversed().map((p) => `${x(p.x)} ${y(p.low)}`);
  return `M${[...upper, ...lower].join('L')}Z`;
}

function linePaths({ style, name, points, step, area }: Line, { xMax }: Chart, x: Scale, y: Scale): string[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return [];
  let path = `M${x(first.x)} ${y(first.y)}`;
  for (const point of points.slice(1)) path += step ? `H${x(point.x)}V${y(point.y)}` : `L${x(point.x)} ${y(point.y)}`;
  if (step) path += `H${x(xMax)}`;
  const end = step ? x(xMax) : x(last.x);
  const filled = area ? [`<path class="area ${style}" d="${path}V${y(0)}H${x(first.x)}Z"/>`] : [];
  const dot =
    points.length === 1 && !step ? [`<circle class="dot ${style}" cx="${end}" cy="${y(last.y)}" r="3"/>`] : [];
  return [...filled, `<path class="line ${style}" d="${path}"><title>${escapeMarkup(name)}</title></path>`, ...dot];
}
