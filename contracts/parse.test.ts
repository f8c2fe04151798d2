import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';
import { checkDocument, formatProblem, parseFile } from './parse.ts';

const problemsOf = (text: string): string[] => parseFile('f.yaml', text).problems.map(formatProblem);
const head = (kind: string): string => `apiVersion: meshproof.dev/v1\nkind: ${kind}\nmetadata: {name: x}\n`;

describe('a document', () => {
  it('names an unknown key where it stands, and the nearest known one', () => {
    expect(problemsOf(`${head('Gateway')}spec: {listen: "127.0.0.1:0", defaultServce: a}`)).toEqual([
      'f.yaml:4:31: Gateway/x spec.defaultServce: unknown key "defaultServce"; did you mean "defaultService"?',
    ]);
  });

  it('says what a value without a unit should look like', () => {
    const text = `${head('Route')}spec:\n  service: a\n  rules: [{timeout: 30}]`;
    expect(problemsOf(text)).toEqual([expect.stringContaining('a duration is a text with a unit')]);
  });

  it.each([
    ['baseline: 2', '2 stands where a text belongs; put it in quotes'],
    ['candidate: ', 'nothing stands where a text belongs'],
    ['analysis: {alpha: "0.01"}', '"0.01" stands where a number belongs; write it without quotes'],
    ['analysis: {alpha: 0}', 'it must be above 0'],
    ['analysis: {alpha: 1}', 'it must be at most 0.2'],
    ['shield: "yes"', '"yes" stands where true or false belongs'],
    ['steps: 5', '5 stands where a list belongs; write it in brackets, or below with a dash'],
    ['steps: []', 'the list is empty'],
    ['hold: [30s]', 'a list stands where a map of keys belongs'],
  ])('says of `%s` what belongs there', (line, says) => {
    const spec = { service: 'a', baseline: 'v1', candidate: 'v2' };
    const rest = Object.entries(spec).filter(([key]) => !line.startsWith(`${key}:`));
    const text = `${head('Canary')}spec:\n  ${[...rest.map(([key, value]) => `${key}: ${value}`), line].join('\n  ')}\n`;
    expect(problemsOf(text)).toEqual([expect.stringMatching(new RegExp(`: ${says.replaceAll('.', '\\.')}$`))]);
  });

  it('that has its head misspelt names the key that was meant', () => {
    expect(problemsOf('apiVersoin: meshproof.dev/v1\nkind: Canary')).toEqual([
      expect.stringContaining(
        'apiVersion is missing ("apiVersoin" is no such key); write apiVersion: meshproof.dev/v1',
      ),
    ]);
    expect(problemsOf('apiVersion: meshproof.dev/v1\nkidn: Canary')).toEqual([
      expect.stringContaining('kind is missing ("kidn" is no such key); kinds are'),
    ]);
  });

  it('is refused when the weights of a split are above 100', () => {
    const text = `${head('Route')}spec: {service: a, rules: [{split: [{version: v1, weight: 60}, {version: v2, weight: 41}]}]}`;
    expect(problemsOf(text)).toEqual([expect.stringContaining('the weights of a split add up to more than 100')]);
  });

  it('is refused when the steps of a canary fall', () => {
    const text = `${head('Canary')}spec: {service: a, baseline: v1, candidate: v2, steps: [{weight: 5}, {weight: 1}]}`;
    expect(problemsOf(text)).toEqual([expect.stringContaining('the weights of the steps must rise')]);
  });

  it.each(['{}', '{headers: {}}', '{path: {prefix: /}}'])('does not preview everybody: %s', (preview) => {
    const text = `${head('Canary')}spec: {service: a, baseline: v1, candidate: v2, preview: ${preview}}`;
    expect(problemsOf(text)).toEqual([expect.stringContaining('every request would be a preview')]);
  });

  it('of an unknown kind names the nearest kind', () => {
    expect(problemsOf(`${head('Canari')}spec: {}`)).toEqual([expect.stringContaining('did you mean Canary?')]);
  });

  it('keeps the good documents of a file with a bad one', () => {
    const good = `${head('Gateway')}spec: {listen: "127.0.0.1:0", defaultService: a}`;
    const { documents, problems } = parseFile('f.yaml', `${good}\n---\n${head('Gateway')}spec: {}\n`);
    expect([documents.length, problems.length]).toEqual([1, 1]);
  });

  it('never makes the checker throw, whatever it is', () => {
    fc.assert(fc.property(fc.anything(), (source) => void checkDocument(source)));
    fc.assert(fc.property(fc.string(), (text) => void parseFile('f.yaml', text)));
  });

  it('says so when an alias leads nowhere', () => {
    expect(problemsOf('a: *nowhere')).toEqual([expect.stringContaining('Unresolved alias')]);
  });

  it('gets its defaults, in milliseconds and parts per million', () => {
    const source = {
      apiVersion: 'meshproof.dev/v1',
      kind: 'Canary',
      metadata: { name: 'x' },
      spec: { service: 'a', baseline: 'v1', candidate: 'v2' },
    };
    const checked = checkDocument(source);
    expect(checked.ok && checked.document.kind === 'Canary' ? checked.document.spec : undefined).toMatchObject({
      steps: [{ weight: 10_000 }, { weight: 50_000 }, { weight: 250_000 }, { weight: 500_000 }],
      hold: { min: 30_000, max: 600_000 },
      analysis: {
        alpha: 0.01,
        metrics: [
          { name: 'success-rate', margin: 0.005 },
          { name: 'latency', quantile: 0.99, tolerance: 0.1 },
        ],
      },
      onInconclusive: 'rollback',
    });
  });
});

describe('the nearest word', () => {
  it('is as far from another as that one from it, and no way from itself', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
      }),
    );
  });

  it('is not guessed when nothing is near', () => {
    expect(nearest('weigth', ['weight', 'width'])).toBe('weight');
    expect(nearest('completely', ['weight', 'width'])).toBeUndefined();
  });
});
