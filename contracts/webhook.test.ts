import { describe, expect, it } from 'vitest';
import { parseFile } from './parse.ts';

/** @returns the problems as `line: message` */
function problemsOf(kind: string, webhook: string): string[] {
  const specs: Record<string, string> = {
    Canary: 'service: reviews\n  baseline: v1\n  candidate: v2',
    Shadow: 'service: reviews\n  baseline: v1\n  candidate: v2',
    ABTest: 'service: reviews\n  arms: [{version: v1}, {version: v2}]\n  key: {cookie: u}\n  goals: [{name: signup}]',
  };
  const text = `apiVersion: meshproof.dev/v1
kind: ${kind}
metadata: {name: reviews-v2}
spec:
  ${specs[kind]}
  webhooks:
    - ${webhook}
`;
  return parseFile('f.yaml', text).problems.map(({ path, message }) => `${path.split(' ')[1]}: ${message}`);
}

describe('a webhook in a document', () => {
  it.each([
    '{name: ci, at: before-step, url: "https://ci.example/gate"}',
    '{name: ci, at: during, urlSecret: gate-url, interval: 5s, onError: ignore}',
    '{name: ci, at: before-promotion, url: "https://ci.example", onNo: wait, interval: 1m, signingSecret: ci, metadata: {team: a}}',
    '{name: ci, at: before-start, url: "http://127.0.0.1:1/", allowPrivate: true, headers: {authorization: {secret: ci}, x-team: a}}',
  ])('is valid: %s', (webhook) => {
    expect(problemsOf('Canary', webhook)).toEqual([]);
  });

  it.each([
    ['{name: ci, at: before-step}', 'url: give exactly one of url, urlSecret'],
    ['{name: ci, at: before-step, url: "https://x", urlSecret: y}', 'url: give exactly one of url, urlSecret'],
    ['{name: ci, at: before-step, url: "ftp://x"}', 'url: write a URL: https://host/path'],
    ['{name: ci, at: before-step, url: "https://u:p@x"}', 'url: no user or password in the URL'],
    ['{name: ci, at: before-steps, url: "https://x"}', 'at: '],
    [
      '{name: ci, at: before-step, url: "https://x", headers: {Authorization: Bearer abc}}',
      'Authorization looks like a secret',
    ],
    ['{name: ci, at: before-step, url: "https://x", headers: {webhook-id: abc}}', 'webhook-id is set by the sender'],
    [
      '{name: ci, at: before-step, url: "http://x", headers: {x-key: {secret: a}}}',
      'would be readable on the way; use https',
    ],
    ['{name: ci, at: before-step, url: "https://x", interval: 5s}', 'interval: it is asked once'],
    ['{name: ci, at: during, url: "https://x", onNo: wait}', 'onNo: a no during the run ends it'],
    ['{name: ci, at: during, url: "https://x", timeout: 5m}', 'timeout: between 100ms and 1m'],
    ['{name: ci, at: during, url: "https://x", secret: abc}', 'secret'],
    ['{name: ci, at: during, url: "https://x", signingSecret: ../etc/passwd}', 'signingSecret: '],
  ])('is refused: %s', (webhook, problem) => {
    expect(problemsOf('Canary', webhook).join('\n')).toContain(problem);
  });

  it('is not asked before a promotion that never comes', () => {
    const hook = '{name: ci, at: before-promotion, url: "https://x"}';
    for (const kind of ['Shadow', 'ABTest'])
      expect(problemsOf(kind, hook), kind).toEqual([
        'spec.webhooks[0].at: it would never be asked: nothing is promoted here',
      ]);
  });
});
