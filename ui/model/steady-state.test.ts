import { expect, test } from 'vitest';
import type { CheckEvidence } from '../../contracts/verdict.ts';
import { figure, steadyRows, wanted } from './steady-state.ts';

const check = (name: string, range: CheckEvidence['range'], value: number | null): CheckEvidence => ({
  name,
  verdict: 'PASS',
  value,
  range,
  measurements: 10,
  failed: 0,
  rule: '',
});

test('the parts of a limit stand in one row, and other checks in none', () => {
  const during = check('latency p99 during', { max: 300 }, 12.345);
  const rows = steadyRows([check('success-rate before', { min: 99 }, 100), during, check('cpu', { max: 1 }, 1)]);
  expect(rows.map(({ limit, parts }) => [limit, Object.keys(parts)])).toEqual([
    ['success-rate', ['before']],
    ['latency p99', ['during']],
  ]);
  expect(rows[1]?.parts.during).toBe(during);
});

test('figures carry the unit of their limit', () => {
  const share = check('success-rate after', { min: 99 }, 99.126);
  const time = check('latency p99 after', { max: 300 }, 12.345);
  expect([figure(share), wanted(share)]).toEqual(['99.13 %', 'at least 99 %']);
  expect([figure(time), wanted(time)]).toEqual(['12.3 ms', 'at most 300 ms']);
  expect(figure(check('x after', { min: 1 }, null))).toBeNull();
});
