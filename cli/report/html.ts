/** A report as one HTML page that needs nothing else: no script, no other resource, and a policy that allows none. */
import { stringify } from 'yaml';
import { chartSvg } from './chart.ts';
import type { Chart } from './chart.ts';
import { chartsOf } from './charts.ts';
import { EVIDENCE_COLUMNS, evidenceRows } from './evidence-rows.ts';
import { after, chainSentence, factsOf } from './facts.ts';
import { STYLE } from './html-style.ts';
import { escapeMarkup } from './markup.ts';
import type { Report } from './model.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

export function htmlReport(report: Report): string {
  const name = escapeMarkup(report.experiment);
  const parts = [
    `<header><h1>${name}</h1>${badge(report.verdict)}</header>`,
    `<p class="lead">${escapeMarkup(report.reason)}</p>`,
    report.description === null ? '' : `<p class="lead">${escapeMarkup(report.description)}</p>`,
    report.chain.intact ? '' : `<p class="broken">${escapeMarkup(sentence(chainSentence(report)))}</p>`,
    facts(report),
    charts(chartsOf(report)),
    evidence(report),
    further(report),
    timeline(report),
    section('Declared', `<pre tabindex="0">${escapeMarkup(stringify(report.declared))}</pre>`),
    journal(report),
  ];
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${name}: ${report.verdict}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    ...parts.filter((part) => part !== ''),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function badge(verdict: string): string {
  return `<span class="verdict ${verdict}">${verdict}</span>`;
}

function section(title: string, content: string): string {
  return `<section>\n<h2>${title}</h2>\n${content}\n</section>`;
}

function facts(report: Report): string {
  const rows = factsOf(report).map(
    ([name, value]) => `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd></div>`,
  );
  return `<dl>${rows.join('')}</dl>`;
}

function charts(all: readonly Chart[]): string {
  if (all.length === 0) return '';
  const figures = all.map((chart) => {
    const keys = chart.lines.map(({ style, name }) => `<span class="key ${style}">${escapeMarkup(name)}</span>`);
    const caption = `${escapeMarkup(chart.title)}${keys.length > 1 ? keys.join('') : ''}`;
    return `<figure><figcaption>${caption}</figcaption>${chartSvg(chart)}</figure>`;
  });
  return section('Over time', `<div class="charts">${figures.join('\n')}</div>`);
}

function evidence(report: Report): string {
  const rows = evidenceRows(report);
  if (rows.length === 0) return section('Evidence', '<p class="none">Nothing was compared.</p>');
  const cells = rows.map(({ cells: all, verdict }) => [...all.slice(0, -1).map(escapeMarkup), badge(verdict)]);
  const rules = rows.map(({ name, rule }) => `<li><b>${escapeMarkup(name)}</b>: ${escapeMarkup(rule)}</li>`);
  return section('Evidence', `${table('figures', EVIDENCE_COLUMNS, cells)}<ul class="rules">${rules.join('')}</ul>`);
}

function further({ evidence: more }: Report): string {
  if (Object.keys(more).length === 0) return '';
  return section('Further evidence', `<pre tabindex="0">${escapeMarkup(stringify(more))}</pre>`);
}

function timeline(report: Report): string {
  const rows = report.timeline.map((m) => [
    String(m.seq),
    `<time datetime="${escapeMarkup(m.at)}" title="${escapeMarkup(m.at)}">${after(m.afterMs)}</time>`,
    escapeMarkup(m.type),
    escapeMarkup(m.message),
  ]);
  return section('Timeline', table('timeline', ['Seq', 'After', 'Type', 'Message'], rows));
}

function journal(report: Report): string {
  const head = report.chain.head === null ? '' : `<br>Head: <code>${escapeMarkup(report.chain.head)}</code>`;
  return section('Journal', `<p>${escapeMarkup(sentence(chainSentence(report)))}.${head}</p>`);
}

/** @param rows - of cells that are escaped already */
function table(style: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((title) => `<th scope="col">${escapeMarkup(title)}</th>`).join('');
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('\n');
  return `<div class="scroll" tabindex="0" role="group" aria-label="${style}"><table class="${style}"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
