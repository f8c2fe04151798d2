/** The options of `analyze BASELINE CANDIDATE`. */
import type { OptionSpec } from '../command.ts';

export const SERIES_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--judge <judge>',
    description: 'of series',
    choices: ['sequential', 'kayenta', 'threshold'],
    default: 'sequential',
  },
  { flags: '--metric <names...>', description: 'of series: only these metrics (default: all)' },
  {
    flags: '--column <name>',
    description: 'of series in CSV: the column to take (default: value, else all but the time)',
  },
  {
    flags: '--direction <direction>',
    description: 'of series: which way is worse',
    choices: ['increase', 'decrease', 'either'],
    default: 'either',
  },
  {
    flags: '--alpha <number>',
    description: 'sequential series: the chance of failing a healthy candidate (default: 0.01)',
  },
  {
    flags: '--tolerance <percent>',
    description: 'sequential series: the effect that still counts as safe (default: 10)',
  },
  { flags: '--pass <score>', description: 'kayenta: PASS from this score on (default: 95)' },
  { flags: '--marginal <score>', description: 'kayenta: FAIL below this score (default: 75)' },
  {
    flags: '--nan <strategy>',
    description: 'kayenta: missing points',
    choices: ['remove', 'replace'],
    default: 'remove',
  },
  { flags: '--drop-outliers <factor>', description: 'kayenta: drop points beyond so many interquartile ranges' },
  { flags: '--min <number>', description: 'threshold: the least that the candidate may show' },
  { flags: '--max <number>', description: 'threshold: the most that the candidate may show' },
  { flags: '--failures <count>', description: 'threshold: points that may break the limit (default: 0)' },
];
