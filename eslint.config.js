import js from '@eslint/js';
import globals from 'globals';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

/** Decisions are pure: the clock and randomness are passed in. */
const PURE = {
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'a decision does not read a clock; pass the time in' },
    { object: 'performance', property: 'now', message: 'a decision does not read a clock; pass the time in' },
    {
      object: 'Math',
      property: 'random',
      message: 'randomness is seeded and passed in, so that a run can be repeated',
    },
  ],
  'no-restricted-globals': [
    'error',
    { name: 'setTimeout', message: 'pure code does not wait' },
    { name: 'setInterval', message: 'pure code does not wait' },
    { name: 'process', message: 'pure code knows no process' },
  ],
};

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'schemas/', 'coverage/', '.meshproof/', 'test/ui/fixtures/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...ts.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
      globals: globals.node,
    },
    rules: {
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true },
      ],
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      'no-cond-assign': ['error', 'except-parens'],
    },
  },
  {
    files: ['**/*.test.ts', 'test/**/*.ts', 'loadtests/**/*.ts', '**/testing/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  { files: ['loadtests/k6/*.js'], languageOptions: { globals: { __ENV: 'readonly' } } },
  { files: ['analyzer/**/*.ts'], ignores: ['**/*.test.ts'], rules: PURE },
  {
    files: ['experiments/**/*.ts', 'proxy/filters/**/*.ts', 'proxy/plan/**/*.ts', 'proxy/http1/**/*.ts'],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: { 'no-restricted-properties': PURE['no-restricted-properties'] },
  },
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: {
      parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'] },
      globals: globals.browser,
    },
    rules: { 'max-lines': ['error', 400] },
  },
  { files: ['ui/**/*.ts'], languageOptions: { globals: globals.browser } },
  { files: ['**/*.js', '**/*.mjs', 'bin/meshproof', 'loadtests/**/*.js'], languageOptions: { globals: globals.node } },
);
