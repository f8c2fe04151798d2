/** How the time charts look: bare axes, a shared cursor, and what happened drawn behind and over the lines. */
import type uPlot from 'uplot';
import { formatClock } from '../format/time.ts';
import type { Band, Mark, MarkTone } from '../model/marks.ts';
import { axisTop } from '../model/bins.ts';

export type ChartLine = {
  readonly label: string;
  readonly token: '--baseline' | '--candidate' | '--ink-3';
  readonly values: readonly (number | null)[];
  readonly dash?: readonly number[];
  readonly stepped?: boolean;
};

export type ChartFrame = {
  readonly from: number;
  readonly to: number;
  readonly marks: readonly Mark[];
  readonly bands: readonly Band[];
};

/** A value as the axis and the head of a chart write it. */
export type Format = (value: number) => string;
export type Palette = (token: string) => string;

/** Seconds between two labels of the time axis. */
const INCREMENTS_S = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];
/** Half of a label of the time axis, less what the padding leaves for it. In CSS pixels. */
const LABEL_HALF_PX = 16;
/** Seconds without data that a line still crosses. */
const LONGEST_BRIDGED_S = 8;

const MARK_TOKEN: Readonly<Record<MarkTone, string>> = {
  step: '--ink-3',
  good: '--good',
  bad: '--bad',
  warn: '--warn',
};

/** Canvas knows no custom properties: asks the browser what a token is right now. */
export function paletteOf(element: HTMLElement): Palette {
  return (token) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${token})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

type Wanted = {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly ChartLine[];
  readonly frame: () => ChartFrame;
  readonly format: Format;
  readonly floorMax: number;
  readonly palette: Palette;
  readonly stepPaths: uPlot.Series.PathBuilder | undefined;
  readonly onHover: (index: number | null) => void;
};

export function chartOptions(wanted: Wanted): uPlot.Options {
  const { palette, frame } = wanted;
  const font = `11px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { font, stroke: palette('--ink-3'), ticks: { show: false }, gap: 6 };
  const grid = { stroke: palette('--line'), width: 1 };
  return {
    width: wanted.width,
    height: wanted.height,
    padding: [14, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'experiment' }, points: { size: 6 } },
    scales: {
      x: { time: true, range: () => [frame().from, frame().to] },
      y: { range: (u) => [0, axisTop(columnsOf(u), wanted.floorMax)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 22,
        space: 54,
        incrs: INCREMENTS_S,
        values: (u, splits) => splits.map((at) => clockLabel(u, at)),
      },
      { ...axis, grid, size: 46, space: 30, values: (_u, splits) => splits.map((v) => wanted.format(v)) },
    ],
    series: [
      {},
      ...wanted.lines.map((line): uPlot.Series => ({
        label: line.label,
        stroke: palette(line.token),
        width: line.token === '--candidate' ? 1.75 : 1.5,
        points: { show: false },
        gaps: (u, _index, _from, _to, gaps) => gaps.filter(([a, b]) => isLong(u, b - a)),
        ...(line.dash ? { dash: [...line.dash] } : {}),
        ...(line.stepped && wanted.stepPaths ? { paths: wanted.stepPaths } : {}),
      })),
    ],
    hooks: {
      drawClear: [(u) => drawBands(u, frame().bands, palette('--candidate'))],
      draw: [(u) => drawMarks(u, frame().marks, palette), (u) => drawBeyond(u, wanted.lines, palette)],
      setCursor: [(u) => wanted.onHover(u.cursor.idx ?? null)],
    },
  };
}

function columnsOf(u: uPlot): (number | null)[][] {
  return u.data.slice(1).map((column) => Array.from(column, (v) => v ?? null));
}

/** Empty where the label would be cut off by the right edge. */
function clockLabel(u: uPlot, seconds: number): string {
  if (u.valToPos(seconds, 'x') > u.bbox.width / devicePixelRatio - LABEL_HALF_PX) return '';
  const text = formatClock(seconds * 1_000);
  return text.endsWith(':00') ? text.slice(0, 5) : text;
}

function drawBands(u: uPlot, bands: readonly Band[], colour: string): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = colour;
  for (const band of bands) {
    const left = u.valToPos(band.from, 'x', true);
    ctx.globalAlpha = 0.03 + Math.sqrt(band.weight) * 0.1;
    ctx.fillRect(left, bbox.top, u.valToPos(band.to, 'x', true) - left, bbox.height);
  }
  ctx.restore();
}

function drawMarks(u: uPlot, marks: readonly Mark[], palette: Palette): void {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  ctx.save();
  ctx.font = `600 ${10.5 * px}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textBaseline = 'bottom';
  ctx.textAlign = 'left';
  ctx.lineWidth = px;
  let free = 0;
  for (const mark of marks) {
    const x = Math.round(u.valToPos(mark.at, 'x', true));
    if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
    const verdict = mark.tone !== 'step';
    ctx.strokeStyle = ctx.fillStyle = palette(MARK_TOKEN[mark.tone]);
    ctx.lineWidth = (verdict ? 2 : 1) * px;
    ctx.setLineDash(verdict ? [] : [3 * px, 3 * px]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(mark.label).width;
    const left = Math.min(x - width / 2, bbox.left + bbox.width - width);
    if (left < free && !verdict) continue;
    ctx.fillText(mark.label, left, bbox.top - 2 * px);
    free = left + width + 6 * px;
  }
  ctx.restore();
}

/** A few seconds without a request are no gap at a low weight; a longer silence is. @param width - canvas pixels */
function isLong(u: uPlot, width: number): boolean {
  const { min = 0, max = 0 } = u.scales['x'] ?? {};
  return width * (((max ?? 0) - (min ?? 0)) / u.bbox.width) > LONGEST_BRIDGED_S;
}

/** A small triangle at the upper edge for every value that is above it. */
function drawBeyond(u: uPlot, lines: readonly ChartLine[], palette: Palette): void {
  const { ctx, bbox } = u;
  const top = u.scales['y']?.max ?? Infinity;
  const size = 4 * devicePixelRatio;
  ctx.save();
  lines.forEach((line, i) => {
    ctx.fillStyle = palette(line.token);
    u.data[i + 1]?.forEach((value, at) => {
      if (value === null || value === undefined || value <= top) return;
      const x = u.valToPos(u.data[0][at] ?? 0, 'x', true);
      ctx.beginPath();
      ctx.moveTo(x - size, bbox.top + size * 1.6);
      ctx.lineTo(x, bbox.top);
      ctx.lineTo(x + size, bbox.top + size * 1.6);
      ctx.fill();
    });
  });
  ctx.restore();
}
