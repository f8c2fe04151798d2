/** Without schemas, so that the dashboard can use it. */
import type { MetricEvidence } from './verdict.ts';

/** What a metric in shares is a share of: a shadow's answers differ, everywhere else requests fail. */
export function shareWord({ name }: Pick<MetricEvidence, 'name'>): 'differing' | 'errors' {
  return name === 'answers' ? 'differing' : 'errors';
}
