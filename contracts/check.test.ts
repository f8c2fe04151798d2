import { describe, expect, it } from 'vitest';
import { Check } from './check.ts';

const web = { url: 'http://x/{{candidate}}', jsonPath: '$.n' };

/** What is said of a check that is refused. */
function refusal(check: Record<string, unknown>): string {
  const parsed = Check.safeParse({ name: 'c', ...check });
  return parsed.success ? '' : parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ');
}

describe('a check', () => {
  it('has one source', () => {
    const both = { metric: { name: 'latency' }, provider: { web }, range: { max: 1 } };
    expect(refusal(both)).toContain('give exactly one of metric, provider');
    expect(refusal({ range: { max: 1 } })).toContain('give exactly one of metric, provider');
  });

  it('with a threshold needs a range, and with kayenta has none', () => {
    expect(refusal({ metric: { name: 'latency' } })).toContain('range: the judge threshold needs a range');
    const ranged = { judge: 'kayenta', metric: { name: 'latency' }, range: { max: 1 } };
    expect(refusal(ranged)).toContain('range: the judge kayenta compares the arms');
  });

  it('of kayenta asks a provider for both arms', () => {
    expect(refusal({ judge: 'kayenta', provider: { web } })).toContain(
      'provider: the judge kayenta asks for both arms',
    );
    expect(refusal({ judge: 'kayenta', provider: { web: { ...web, url: 'http://x/{{ version }}' } } })).toBe('');
  });

  it('refuses options of a judge that it does not have', () => {
    const check = { metric: { name: 'latency' }, range: { max: 1 }, kayenta: { points: 10 } };
    expect(refusal(check)).toContain('kayenta: these are options of the judge kayenta');
  });
});
