import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { showProblems } from './show-problems.ts';

const COLORS = pc.createColors(false);

describe('a problem', () => {
  it('has its caret under its character even after tabs', () => {
    const problem = { file: 'a.yaml', line: 2, column: 4, path: 'X/y spec', message: 'is wrong' };
    expect(showProblems([problem], new Map([['a.yaml', 'one\n\ta\tb: 1\n']]), COLORS)).toBe(
      'a.yaml:2:4: X/y spec: is wrong\n    2 | \ta\tb: 1\n      | \t \t^\n',
    );
  });

  it('is shown in the order of the file, and without a line that is not there', () => {
    const at = (line: number) => ({ file: 'a.yaml', line, column: 1, path: '', message: `m${line}` });
    expect(showProblems([at(9), at(3)], new Map(), COLORS)).toBe('a.yaml:3:1: m3\na.yaml:9:1: m9\n');
  });
});
