/** `get`: shows what the control plane has: experiments, services, proxies, documents, an experiment's journal. */
import { stringify } from 'yaml';
import { KINDS, keyOf } from '../../contracts/document.ts';
import { nearest } from '../../contracts/nearest.ts';
import type { Client } from '../api/client.ts';
import { quickClientFor } from '../api/client.ts';
import type { CommandSpec } from '../command.ts';
import { SERVER_OPTION, TIMEOUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { UsageError } from '../failure.ts';
import type { Colors } from '../terminal.ts';
import { evidenceTable, experimentsTable, outcomeLine, progressLine, hasEnded } from '../text/experiment.ts';
import { proxiesTable, servicesTable } from '../text/mesh.ts';
import { table } from '../text/table.ts';

type Answer = { readonly data: unknown; readonly text: (colors: Colors) => string };
type Source = (client: Client, name: string | undefined) => Promise<Answer>;

const SOURCES: Readonly<Record<string, Source>> = {
  experiments: async (client, name) => {
    if (name === undefined) {
      const views = await client.experiments();
      return { data: views, text: (colors) => experimentsTable(views, colors) };
    }
    const view = await client.experiment(name);
    const head = (colors: Colors) => (hasEnded(view) ? outcomeLine(view, colors) : `${progressLine(view)}\n`);
    return { data: view, text: (colors) => head(colors) + evidenceTable(view, colors) };
  },
  services: async (client, name) => {
    const all = await client.services();
    const services = name === undefined ? all : all.filter((s) => s.name === name);
    return { data: services, text: () => servicesTable(services) };
  },
  proxies: async (client, name) => {
    const all = await client.proxies();
    const proxies = name === undefined ? all : all.filter((p) => p.id === name);
    return { data: proxies, text: () => proxiesTable(proxies) };
  },
  documents: async (client) => documentsOf(client, () => true),
  journal: async (client, name) => {
    if (name === undefined) throw new UsageError('whose journal?', 'meshproof get journal NAME');
    const entries = await client.journal(name);
    const rows = entries.map((e) => [String(e.seq), e.at, e.type, e.message]);
    const columns = [
      { title: 'SEQ', align: 'right' },
      { title: 'AT' },
      { title: 'TYPE' },
      { title: 'MESSAGE' },
    ] as const;
    return { data: entries, text: () => table(columns, rows) };
  },
  deliveries: async (client, name) => {
    if (name === undefined) throw new UsageError('of which experiment?', 'meshproof get deliveries NAME');
    const all = await client.deliveries(name);
    const rows = all.map((d) => [String(d.seq), d.notification, d.event, d.state, String(d.attempts), d.says]);
    const columns = [
      { title: 'SEQ', align: 'right' },
      { title: 'NOTIFICATION' },
      { title: 'EVENT' },
      { title: 'STATE' },
      { title: 'ATTEMPTS', align: 'right' },
      { title: 'WHY' },
    ] as const;
    return { data: all, text: () => table(columns, rows) };
  },
};

async function documentsOf(client: Client, wanted: (kind: string) => boolean): Promise<Answer> {
  const documents = (await client.documents()).filter((d) => wanted(d.kind));
  return { data: documents, text: () => documents.map((d) => `${keyOf(d)}\n`).join('') };
}

const WORDS = [...Object.keys(SOURCES), ...KINDS.map(String)];

/** `experiment` and `experiments` are the same question; a kind is written as in its documents. */
function sourceFor(word: string): Source {
  const plural = word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`;
  const source = SOURCES[word] ?? SOURCES[plural];
  if (source) return source;
  const kind = KINDS.find((k) => k === word);
  if (kind === undefined) {
    const hint = nearest(word, WORDS);
    throw new UsageError(
      `there is no "${word}" to get`,
      hint === undefined ? `choose from ${WORDS.join(', ')}` : `did you mean ${hint}?`,
    );
  }
  return async (client, name) => {
    if (name === undefined) return documentsOf(client, (k) => k === kind);
    const document = await client.document(kind, name);
    return { data: document, text: () => stringify(document) };
  };
}

export const get: CommandSpec = {
  name: 'get',
  summary: 'Show experiments, services, proxies and documents',
  examples: [
    ['meshproof get experiments', 'the last run of every experiment'],
    ['meshproof get experiment reviews-v2', 'one of them, with its evidence'],
    ['meshproof get journal reviews-v2', 'what was decided, when and why'],
    ['meshproof get deliveries reviews-v2', 'who was told of it, and who could not be'],
    ['meshproof get services', 'what the users of every service see'],
    ['meshproof get proxies', 'who is connected, and at which configuration'],
    ['meshproof get Route reviews -o yaml', 'a document as it was declared'],
  ],
  arguments: [
    { name: '<what>', description: `${Object.keys(SOURCES).join(', ')}, or a kind (${KINDS.join(', ')})` },
    { name: '[name]', description: 'only this one' },
  ],
  options: [
    { flags: '-o, --output <format>', description: 'how to print', choices: ['text', 'json', 'yaml'], default: 'text' },
    SERVER_OPTION,
    TIMEOUT_OPTION,
  ],
  run: async ({ terminal, args, options }) => {
    const source = sourceFor(args.text(0));
    const { data, text } = await source(quickClientFor(terminal, options), args.optional(1));
    const format = options.text('output');
    if (format === 'json') terminal.out(`${JSON.stringify(data, null, 2)}\n`);
    else if (format === 'yaml') terminal.out(stringify(data));
    else terminal.out(text(terminal.colors));
    return EXIT.OK;
  },
};
