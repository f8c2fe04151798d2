import { describe, expect, test } from 'vitest';
import { haltSentence, meshSentence } from './sentences.ts';

const service = (name: string, health: 'ok' | 'degraded' | 'failing' | 'unknown') => ({ name, health });
const synced = { sync: 'ACKED', connected: true } as const;

describe('the sentence of the overview', () => {
  test('names the worst first and leaves names as they are written', () => {
    const services = [service('ratings', 'degraded'), service('cart', 'failing'), service('a', 'failing')];
    const proxies = [synced, { sync: 'NACKED', connected: false } as const];
    expect(meshSentence(services, [{ phase: 'stepping' }], proxies)).toBe(
      'Failing: cart and a; degraded: ratings; 1 experiment is running; 1 proxy is out of sync; 1 proxy is not connected.',
    );
  });

  test('never calls a service healthy of which nothing is known', () => {
    expect(meshSentence([service('a', 'unknown')], [], [synced])).toBe(
      'No service has traffic; no experiment is running.',
    );
    expect(meshSentence([service('a', 'unknown'), service('b', 'ok')], [], [])).toMatch(
      /^Every service with traffic is healthy/,
    );
    expect(meshSentence([service('b', 'ok')], [], [])).toMatch(/^Every service is healthy/);
  });

  test('says that there is nothing when there is nothing', () => {
    expect(meshSentence([], [], [])).toBe('No service is declared yet; no experiment is running.');
  });
});

test('a halt that found nothing says so', () => {
  expect(haltSentence({ experiments: [], proxies: 1, tookMs: 3.2 })).toBe(
    'Nothing was running; all traffic is on the baseline on 1 proxy, in 4 ms.',
  );
});
