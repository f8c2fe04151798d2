/** Prometheus' text exposition format 0.0.4, from plain values. */

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;
/** One line. `suffix` is what a histogram adds to its name: `_bucket`, `_sum`, `_count`. */
export type Sample = { readonly labels: Labels; readonly value: number; readonly suffix?: string };
export type MetricType = 'counter' | 'gauge' | 'histogram';
export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly samples: readonly Sample[];
};

/** A family without samples is left out: a HELP with nothing under it says nothing. */
export function renderFamilies(families: readonly Family[]): string {
  let text = '';
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue;
    text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value, suffix } of samples) {
      text += `${name}${suffix ?? ''}${renderLabels(labels)} ${renderValue(value)}\n`;
    }
  }
  return text;
}

/** The samples of one histogram. @param counts - cumulative, one for each bound and the last for +Inf */
export function histogram(labels: Labels, bounds: readonly number[], counts: readonly number[], sum: number): Sample[] {
  return [
    ...[...bounds.map(String), '+Inf'].map((le, i) => ({
      suffix: '_bucket',
      labels: { ...labels, le },
      value: counts[i] ?? 0,
    })),
    { suffix: '_sum', labels, value: sum },
    { suffix: '_count', labels, value: counts.at(-1) ?? 0 },
  ];
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function escapeHelp(help: string): string {
  return help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function renderValue(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}
