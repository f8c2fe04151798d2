/** A report for a terminal. */
import { stringify } from 'yaml';
import { paintVerdict } from '../text/experiment.ts';
import type { Colors } from '../terminal.ts';
import { table } from '../text/table.ts';
import { EVIDENCE_COLUMNS, evidenceRows } from './evidence-rows.ts';
import { after, chainSentence, factsOf } from './facts.ts';
import type { Report } from './model.ts';

export function textReport(report: Report, colors: Colors): string {
  const { bold, red } = colors;
  const rows = evidenceRows(report).map(({ cells, verdict }) => [
    ...cells.slice(0, -1).map(printable),
    paintVerdict(verdict, colors),
  ]);
  const columns = EVIDENCE_COLUMNS.map((title, i) => ({
    title: title.toUpperCase(),
    align: i >= 1 && i <= 6 && i !== 4 ? ('right' as const) : ('left' as const),
  }));
  const timeline = report.timeline.map((m) => [String(m.seq), after(m.afterMs), m.type, printable(m.message)]);
  const chain = `${chainSentence(report)}\n`;
  return [
    `${bold(printable(report.experiment))}: ${paintVerdict(report.verdict, colors)}, ${report.outcome}\n`,
    `${printable(report.reason)}\n`,
    table(
      [{ title: '' }, { title: '' }],
      factsOf(report).map(([name, value]) => [name, printable(value)]),
    ).trimStart(),
    rows.length === 0 ? '' : table(columns, rows),
    further(report, bold),
    `${bold('Timeline')}\n${table([{ title: 'SEQ', align: 'right' }, { title: 'AFTER', align: 'right' }, { title: 'TYPE' }, { title: 'MESSAGE' }], timeline)}`,
    `${bold('Declared')}\n${printable(stringify(report.declared))}`,
    report.chain.intact ? chain : red(chain),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function further({ evidence }: Report, bold: Colors['bold']): string {
  if (Object.keys(evidence).length === 0) return '';
  return `${bold('Further evidence')}\n${printable(stringify(evidence))}`;
}

/** Control characters of what people wrote must not reach a terminal; line breaks may. */
function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}
