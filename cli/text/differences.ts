/** The fields in which a shadow's answers differ, a line each, with an example. */
import type { CopiesEvidence, FieldDifference } from '../../contracts/verdict.ts';
import type { Colors } from '../terminal.ts';
import { count, interval, percent, UNKNOWN } from './figures.ts';
import { table } from './table.ts';

/** What fits beside everything else on a screen; the JSON output has all. */
const SHOWN = 10;
const LONGEST_VALUE = 24;

/** Those that differ, and those that are not yet shown to be the same; the others are counted. */
export function differencesTable(fields: readonly FieldDifference[], colors: Colors): string {
  const open = fields.filter((field) => field.verdict !== 'PASS');
  const rows = open
    .slice(0, SHOWN)
    .map((field) => [
      field.path,
      share(field.againOnly + field.both, field.pairs),
      share(field.candidateOnly + field.both, field.pairs),
      interval('share', field.interval),
      field.verdict === 'FAIL' ? colors.red('differs') : colors.dim('open'),
      exampleOf(field),
    ]);
  const safe = fields.length - open.length;
  const more = [
    ...(open.length > SHOWN ? [`${count(open.length - SHOWN)} more fields are open or differ`] : []),
    ...(safe > 0 ? [`${count(safe)} noisy ${safe === 1 ? 'field is' : 'fields are'} no more often different`] : []),
  ];
  const note = more.length === 0 ? '' : `${colors.dim(more.join('; '))}\n`;
  if (rows.length === 0) return note;
  const columns = [
    { title: 'FIELD' },
    { title: 'BY ITSELF', align: 'right' as const },
    { title: 'CANDIDATE', align: 'right' as const },
    { title: 'MORE OFTEN BY' },
    { title: '' },
    { title: 'EXAMPLE' },
  ];
  return table(columns, rows) + note;
}

export function copiesLine({ mirrored, dropped, learnt, learn, compared }: CopiesEvidence): string {
  const learning = learnt < learn ? `, noise learnt of ${count(learnt)} of ${count(learn)}` : '';
  return `${count(mirrored)} requests copied, ${count(compared)} answers compared, ${count(dropped)} comparisons dropped${learning}`;
}

function share(n: number, of: number): string {
  return percent(of === 0 ? null : n / of);
}

/** `20 -> 0`. */
function exampleOf({ examples: [first] }: FieldDifference): string {
  return first ? `${short(first.baseline)} -> ${short(first.candidate)}` : UNKNOWN;
}

function short(value: string): string {
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE - 1)}…` : value;
}
