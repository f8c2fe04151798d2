/** Services and proxies as tables. */
import type { ProxyView, ServiceView } from '../../contracts/live.ts';
import { milliseconds, orDash, percent } from './figures.ts';
import { table } from './table.ts';

export function servicesTable(services: readonly Omit<ServiceView, 'points'>[]): string {
  const rows = services.map((s) => [
    s.name,
    s.stable,
    s.versions.map((v) => v.name).join(', '),
    s.health,
    s.rps.toFixed(1),
    percent(s.successRate, 3),
    milliseconds(s.p50Ms),
    milliseconds(s.p95Ms),
    milliseconds(s.p99Ms),
  ]);
  return table(
    [
      { title: 'NAME' },
      { title: 'STABLE' },
      { title: 'VERSIONS' },
      { title: 'HEALTH' },
      { title: 'RPS', align: 'right' },
      { title: 'SUCCESS', align: 'right' },
      { title: 'P50', align: 'right' },
      { title: 'P95', align: 'right' },
      { title: 'P99', align: 'right' },
    ],
    rows,
  );
}

/** The golden signals of each service, and how its requests divide among versions. */
export function statTable(services: readonly Omit<ServiceView, 'points'>[]): string {
  const rows = services.map((s) => [
    s.name,
    s.health,
    s.rps.toFixed(1),
    percent(s.successRate, 3),
    milliseconds(s.p50Ms),
    milliseconds(s.p95Ms),
    milliseconds(s.p99Ms),
    shares(s.versions),
  ]);
  return table(
    [
      { title: 'SERVICE' },
      { title: 'HEALTH' },
      { title: 'RPS', align: 'right' },
      { title: 'SUCCESS', align: 'right' },
      { title: 'P50', align: 'right' },
      { title: 'P95', align: 'right' },
      { title: 'P99', align: 'right' },
      { title: 'VERSIONS' },
    ],
    rows,
  );
}

function shares(versions: ServiceView['versions']): string {
  const all = versions.reduce((sum, { requests }) => sum + requests, 0);
  return versions.map(({ name, requests }) => (all === 0 ? name : `${name} ${percent(requests / all, 1)}`)).join(', ');
}

export function proxiesTable(proxies: readonly ProxyView[]): string {
  const rows = proxies.map((p) => [
    p.id,
    p.role,
    p.connected ? 'yes' : 'no',
    p.sync,
    `${p.configVersion ?? '-'} of ${p.targetVersion}`,
    p.lastSeen,
    orDash(p.message),
  ]);
  return table(
    [
      { title: 'ID' },
      { title: 'ROLE' },
      { title: 'CONNECTED' },
      { title: 'SYNC' },
      { title: 'VERSION' },
      { title: 'LAST SEEN' },
      { title: 'MESSAGE' },
    ],
    rows,
  );
}
