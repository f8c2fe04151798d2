/** `tap`: requests as they end, live, from every proxy of the mesh. */
import { parseTapFilter } from '../../contracts/tap-filter.ts';
import { clientFor } from '../api/client.ts';
import { readTap } from '../api/tap-stream.ts';
import type { CommandSpec, Options } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { interruptedExit } from '../interrupted.ts';
import { tapLine } from '../text/tap.ts';

const DEFAULT_PER_SECOND = 50;

export const tap: CommandSpec = {
  name: 'tap',
  summary: 'Watch requests as they end, live',
  details:
    'Shows heads, no bodies; authorization, cookies and whatever sounds secret are redacted. A filter compares method, path, ' +
    'host, service, route, version, endpoint, experiment, arm, error and header("name") with == != ^= (begins with) $= (ends ' +
    'with) *= (contains); status, attempts, faults and duration with == != < <= > >=; shielded stands alone; and, or, not ' +
    '(or && || !) and brackets join. Proxies look at requests only while somebody taps.',
  examples: [
    ['meshproof tap reviews', 'every request to reviews'],
    [`meshproof tap reviews --where 'status >= 500 and path ^= "/pay"'`, 'those that failed, under /pay'],
    [
      `meshproof tap --where 'duration > 250ms or status == 5xx' -o json`,
      'slow or failed ones of all services, as JSON',
    ],
    [
      `meshproof tap shop --where 'header("x-tenant") == acme' --headers`,
      "one tenant's, with the fields of their heads",
    ],
  ],
  arguments: [{ name: '[service]', description: 'only requests to this service' }],
  options: [
    { flags: '--where <filter>', description: 'only requests for which this holds' },
    { flags: '--filter <filter>', description: 'the same as --where' },
    {
      flags: '--max-rps <count>',
      description: 'show at most so many a second, count the rest',
      default: String(DEFAULT_PER_SECOND),
    },
    { flags: '--headers', description: 'show the fields of the head too' },
    { flags: '--limit <count>', description: 'end after so many requests' },
    OUTPUT_OPTION,
    SERVER_OPTION,
  ],
  run: async ({ terminal, args, options }) => {
    const service = args.optional(0);
    const limit = options.whole('limit', { min: 1, max: 1_000_000 }) ?? Infinity;
    let shown = 0;
    await readTap({
      server: clientFor(terminal, options).server,
      spec: {
        ...(service === undefined ? {} : { service }),
        where: filterOf(options),
        maxPerSecond: options.whole('maxRps', { min: 1, max: 1_000 }) ?? DEFAULT_PER_SECOND,
        headers: options.flag('headers'),
      },
      signal: terminal.signal,
      onMessage: (message) => {
        if (message.type === 'tapping') {
          terminal.err(message.proxies === 0 ? 'no proxy is connected; waiting for one\n' : '');
          return false;
        }
        const { proxy, events, skipped } = message;
        for (const event of events.slice(0, limit - shown)) {
          terminal.out(
            options.json ? `${JSON.stringify({ proxy, ...event })}\n` : tapLine(proxy, event, terminal.colors),
          );
        }
        shown += events.length;
        if (skipped > 0) terminal.err(`${skipped} more from ${proxy} are not shown; see --where, --max-rps\n`);
        return shown >= limit;
      },
    });
    return terminal.signal.aborted ? interruptedExit(terminal.signal) : EXIT.OK;
  },
};

/** Read here too, so that a mistake is shown at its place before anybody is asked. */
function filterOf(options: Options): string {
  const [where, filter] = [options.text('where'), options.text('filter')];
  if (where !== undefined && filter !== undefined) throw new UsageError('give --where or --filter, not both');
  const text = where ?? filter ?? '';
  const read = parseTapFilter(text);
  if (read.ok) return text;
  throw new UsageError(`--where: ${read.error.message}`, `${text}\n  ${' '.repeat(read.error.at)}^`);
}
