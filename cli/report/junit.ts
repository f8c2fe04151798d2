/**
 * A report as JUnit's XML, for pipelines that gate on it: a test for the verdict, one for each metric and check, one for
 * the journal. Only PASS passes: INCONCLUSIVE is an error, as is a report of a run that has not ended.
 */
import { evidenceRows } from './evidence-rows.ts';
import { chainSentence } from './facts.ts';
import { escapeMarkup } from './markup.ts';
import type { Report } from './model.ts';

type Case = {
  readonly name: string;
  readonly how: 'passed' | 'failure' | 'error' | 'skipped';
  readonly message: string;
};

export function junitReport(report: Report): string {
  const cases = casesOf(report);
  const count = (how: Case['how']): number => cases.filter((c) => c.how === how).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  const time = (report.lastedMs / 1_000).toFixed(3);
  const name = escapeMarkup(report.experiment);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="meshproof" ${counts} time="${time}">`,
    `  <testsuite name="${name}" ${counts} time="${time}" timestamp="${escapeMarkup(report.startedAt.slice(0, 19))}">`,
    '    <properties>',
    ...propertiesOf(report).map(([key, value]) => `      <property name="${key}" value="${escapeMarkup(value)}"/>`),
    '    </properties>',
    ...cases.map((c, i) => testcase(c, `${escapeMarkup(report.kind)}.${name}`, i === 0 ? time : '0.000')),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function propertiesOf(report: Report): readonly (readonly [string, string])[] {
  const { run, kind, service, baseline, candidate, outcome, chain } = report;
  const pairs = Object.entries({ run, kind, service, baseline, candidate, outcome, journalHead: chain.head });
  return pairs.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
}

function casesOf(report: Report): readonly Case[] {
  const { verdict, reason, chain } = report;
  const how = { PASS: 'passed', FAIL: 'failure', INCONCLUSIVE: 'error', PENDING: 'error' } as const;
  return [
    { name: 'verdict', how: how[verdict], message: `${verdict}: ${reason}` },
    // Undecided ones are skipped: what follows from them, the verdict says. So is an arm that lost where another won.
    ...evidenceRows(report).map(({ name, verdict: own, rule }): Case => {
      const outcome = own === 'PASS' ? 'passed' : own === 'FAIL' && verdict !== 'PASS' ? 'failure' : 'skipped';
      return { name, how: outcome, message: `${own}: ${rule}` };
    }),
    { name: 'journal', how: chain.intact ? 'passed' : 'failure', message: chainSentence(report) },
  ];
}

function testcase({ name, how, message }: Case, classname: string, time: string): string {
  const open = `    <testcase name="${escapeMarkup(name)}" classname="${classname}" time="${time}"`;
  const text = escapeMarkup(message);
  if (how === 'passed') return `${open}>\n      <system-out>${text}</system-out>\n    </testcase>`;
  if (how === 'skipped') return `${open}>\n      <skipped message="${text}"/>\n    </testcase>`;
  return `${open}>\n      <${how} message="${text}" type="${escapeMarkup(message.split(':')[0] ?? '')}">${text}</${how}>\n    </testcase>`;
}
