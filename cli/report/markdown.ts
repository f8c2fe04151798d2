/** A report for a pull request, a chat or a wiki. */
import { stringify } from 'yaml';
import { EVIDENCE_COLUMNS, evidenceRows } from './evidence-rows.ts';
import { after, chainSentence, factsOf } from './facts.ts';
import { escapeMarkdown, fence } from './markup.ts';
import type { Report } from './model.ts';

export function markdownReport(report: Report): string {
  const rows = evidenceRows(report);
  const yaml = stringify(report.declared).trimEnd();
  return [
    `# ${escapeMarkdown(report.experiment)}: ${report.verdict}`,
    escapeMarkdown(report.reason),
    table(['', ''], factsOf(report)),
    '## Evidence',
    rows.length === 0
      ? 'Nothing was compared.'
      : table(
          EVIDENCE_COLUMNS,
          rows.map(({ cells }) => cells),
        ),
    rows.map(({ name, rule }) => `- **${escapeMarkdown(name)}**: ${escapeMarkdown(rule)}`).join('\n'),
    ...further(report),
    '## Timeline',
    table(
      ['Seq', 'After', 'Type', 'Message'],
      report.timeline.map((m) => [String(m.seq), after(m.afterMs), m.type, m.message]),
    ),
    '## Declared',
    `${fence(yaml)}yaml\n${yaml}\n${fence(yaml)}`,
    '## Journal',
    escapeMarkdown(chainSentence(report)),
    `Head: \`${report.chain.head ?? 'none'}\``,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function further({ evidence }: Report): string[] {
  if (Object.keys(evidence).length === 0) return [];
  const yaml = stringify(evidence).trimEnd();
  return ['## Further evidence', `${fence(yaml)}yaml\n${yaml}\n${fence(yaml)}`];
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
