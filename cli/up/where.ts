/** Where the parts of a running mesh are, as a table. */
import type { SourceDocument } from '../../contracts/document.ts';
import { table } from '../text/table.ts';
import type { UpPlan } from './plan.ts';

export function whereThingsAre(plan: Pick<UpPlan, 'documents' | 'services'>, control: string, logs: string): string {
  const rows: string[][] = [['dashboard', '', `http://${control}/`]];
  for (const d of plan.documents) {
    if (d.kind === 'Gateway') rows.push(['gateway', d.metadata.name, `http://${String(d.spec['listen'])}/`]);
  }
  for (const d of plan.documents) {
    if (d.kind === 'Service') rows.push(['service', d.metadata.name, versionsOf(d)]);
  }
  rows.push(['logs', '', logs]);
  return table([{ title: 'WHAT' }, { title: 'NAME' }, { title: 'WHERE' }], rows);
}

function versionsOf({ spec }: SourceDocument): string {
  const versions = spec['versions'];
  if (typeof versions !== 'object' || versions === null) return '';
  return Object.entries(versions as Record<string, { endpoints?: readonly (string | { address: string })[] }>)
    .map(
      ([name, version]) =>
        `${name}${name === spec['stable'] ? ' (stable)' : ''} ${(version.endpoints ?? []).map((e) => (typeof e === 'string' ? e : e.address)).join(' ')}`,
    )
    .join(', ');
}
