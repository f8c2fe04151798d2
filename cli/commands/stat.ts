/** `stat`: what the users of every service see now; with -w redrawn every second. */
import { nearest } from '../../contracts/nearest.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { ServiceView } from '../../contracts/live.ts';
import { quickClientFor } from '../api/client.ts';
import { follow } from '../api/follow.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { interruptedExit } from '../interrupted.ts';
import { LiveRegion } from '../text/live-region.ts';
import { statTable } from '../text/mesh.ts';

const EVERY_MS = 1_000;

export const stat: CommandSpec = {
  name: 'stat',
  summary: 'Show rates, success and latency of services',
  details:
    'Figures are of the last ten seconds, as users saw them: one count for each request, after retries and the shield. ' +
    'With -w the table is redrawn every second at a terminal, and printed every second elsewhere; with -o json a line each time.',
  examples: [
    ['meshproof stat', 'every service, once'],
    ['meshproof stat -w', 'until Ctrl-C'],
    ['meshproof stat reviews -w -o json', 'one service, a line of JSON every second'],
  ],
  arguments: [{ name: '[service]', description: 'only this one' }],
  options: [
    { flags: '-w, --watch', description: 'stay, and show it anew every second' },
    OUTPUT_OPTION,
    SERVER_OPTION,
    TIMEOUT_OPTION,
  ],
  run: async (input) => {
    const { terminal, args, options } = input;
    const client = quickClientFor(terminal, options);
    const ask = async (): Promise<readonly ServiceView[]> => only(await client.services(), args.optional(0));
    if (options.flag('watch')) return watch(input, ask);
    const services = await ask();
    terminal.out(options.json ? `${JSON.stringify(services.map(withoutPoints), null, 2)}\n` : statTable(services));
    return EXIT.OK;
  },
};

async function watch({ terminal, options }: CommandInput, ask: () => Promise<readonly ServiceView[]>): Promise<number> {
  const region = new LiveRegion({ write: terminal.out, columns: terminal.columns }, () => performance.now());
  await follow<readonly ServiceView[]>({
    ask,
    ended: () => false,
    onValue: (services) => {
      if (options.json)
        terminal.out(`${JSON.stringify({ v: 1, type: 'stat', services: services.map(withoutPoints) })}\n`);
      else if (terminal.live) region.draw(statTable(services));
      else terminal.out(`${statTable(services)}\n`);
    },
    onAway: (away) => terminal.err(away ? 'the control plane does not answer; waiting for it\n' : 'it is back\n'),
    everyMs: EVERY_MS,
    nowMs: () => performance.now(),
    deadlineMs: Infinity,
    signal: terminal.signal,
  });
  return interruptedExit(terminal.signal);
}

/** @throws MeshproofError DOCUMENT_NOT_FOUND */
function only(services: readonly ServiceView[], name: string | undefined): readonly ServiceView[] {
  if (name === undefined) return services;
  const found = services.filter((s) => s.name === name);
  if (found.length > 0) return found;
  const hint = nearest(
    name,
    services.map((s) => s.name),
  );
  throw new MeshproofError('DOCUMENT_NOT_FOUND', `Service/${name}${hint ? `; did you mean ${hint}?` : ''}`);
}

function withoutPoints({ points: _, ...view }: ServiceView): Omit<ServiceView, 'points'> {
  return view;
}
