/** `ca token`, `ca show`, `ca rotate`: the certificate authority that the control plane is. */
import { resolve } from 'node:path';
import type { AuthorityView } from '../../contracts/authority.ts';
import { TOKEN_VARIABLE } from '../../contracts/identity-proof.ts';
import { nameOfSpiffeId, spiffeId } from '../../contracts/spiffe.ts';
import { formatDuration } from '../../contracts/units.ts';
import { quickClientFor } from '../api/client.ts';
import type { CommandInput, CommandSpec } from '../command.ts';
import { OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import { table } from '../text/table.ts';
import { tokenMaker } from '../tokens.ts';

export const caToken: CommandSpec = {
  name: 'ca token',
  summary: 'Print the token with which a proxy joins the mesh under one name',
  details:
    `Give it to the proxy in $${TOKEN_VARIABLE} or with --token-file. It is good for this name alone, and for as long as\n` +
    'the data directory of the control plane, which this command reads.',
  examples: [
    ['meshproof ca token reviews --data /var/lib/meshproof', 'for sidecars of the service reviews'],
    ['meshproof ca token gateway/edge > edge.token', 'for the gateway edge'],
  ],
  arguments: [{ name: '<identity>', description: 'a service, or gateway/NAME: as an AccessPolicy says it' }],
  options: [
    { flags: '--data <folder>', description: "the control plane's data directory", default: '.meshproof/control' },
  ],
  run: ({ terminal, args, options }) => {
    const name = args.text(0);
    if (nameOfSpiffeId(spiffeId('any', name), 'any') !== name) {
      throw new UsageError(`"${name}" is not an identity`, 'write the name of a service, or gateway/NAME');
    }
    const dataDir = options.text('data') ?? '.meshproof/control';
    const tokenFor = tokenMaker(resolve(terminal.cwd, dataDir));
    if (tokenFor === undefined) {
      throw new UsageError(`no control plane has run with --data ${dataDir}`, 'start one with: meshproof control');
    }
    terminal.out(`${tokenFor(name)}\n`);
    return Promise.resolve(EXIT.OK);
  },
};

export const caShow: CommandSpec = {
  name: 'ca show',
  summary: 'Show whom the mesh trusts, and until when',
  examples: [
    ['meshproof ca show', 'roots and their stages'],
    ['meshproof ca show -o json', 'with the bundle in PEM'],
  ],
  options: [OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION],
  run: async (input) => {
    show(input, await quickClientFor(input.terminal, input.options).authority());
    return EXIT.OK;
  },
};

export const caRotate: CommandSpec = {
  name: 'ca rotate',
  summary: 'Make a new root, and go over to it without a break',
  details:
    'At first proxies only learn to trust it. After the lifetime of a certificate it signs, and after another one the old\n' +
    'root is trusted no more. Until then there is no second rotation.',
  examples: [['meshproof ca rotate', 'begin']],
  options: [OUTPUT_OPTION, SERVER_OPTION, TIMEOUT_OPTION],
  run: async (input) => {
    show(input, await quickClientFor(input.terminal, input.options).rotateAuthority());
    return EXIT.OK;
  },
};

function show({ terminal, options }: CommandInput, view: AuthorityView): void {
  if (options.json) terminal.out(`${JSON.stringify(view, null, 2)}\n`);
  else terminal.out(authorityText(view));
}

export function authorityText({ trustDomain, lifetimeMs, issued, refused, roots }: AuthorityView): string {
  const columns = ['ROOT (SHA-256)', 'STAGE', 'SIGNS FROM', 'TRUSTED UNTIL'].map((title) => ({ title }));
  const rows = roots.map((r) => [r.fingerprint.slice(0, 23), r.stage, r.signsFrom ?? '-', r.goneFrom ?? r.notAfter]);
  const given = `certificates last ${formatDuration(lifetimeMs)}; ${issued} given out, ${refused} refused`;
  return `trust domain ${trustDomain}; ${given}\n${table(columns, rows)}`;
}
