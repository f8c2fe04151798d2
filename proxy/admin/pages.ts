/** The pages of the admin server: what each path answers. */
import type { IncomingMessage } from 'node:http';
import { CONTENT_TYPE } from '../metrics/exposition.ts';
import { renderMetrics } from '../metrics/render.ts';
import type { Answers, Question } from './messages.ts';

export type Reply = { readonly status: number; readonly type: string; readonly body: string };
export type Ask = <Q extends Question>(question: Q) => Promise<Answers[Q]>;
type Page = { readonly does: string; readonly answer: (ask: Ask, request: IncomingMessage) => Promise<Reply> };

export const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** Pages to read. `/halt` is not among them: it asks nobody (halt-page.ts). */
export const PAGES: Readonly<Record<string, Page>> = {
  '/ready': {
    does: '200 when a configuration is in force and its listeners are open, else 503',
    answer: async (ask) =>
      (await ask('ready')) ? text(200, 'ready\n') : text(503, 'not ready: no configuration is in force, or draining\n'),
  },
  '/metrics': {
    does: "metrics in Prometheus' text format",
    answer: async (ask) => {
      const { snapshot, process } = await ask('metrics');
      return { status: 200, type: CONTENT_TYPE, body: renderMetrics(snapshot, 'standard', process) };
    },
  },
  '/stats/prometheus': {
    does: "the same with Istio's histogram in milliseconds, for dashboards made for Istio (the path of its proxies)",
    answer: async (ask) => {
      const { snapshot, process } = await ask('metrics');
      return { status: 200, type: CONTENT_TYPE, body: renderMetrics(snapshot, 'istio', process) };
    },
  },
  '/stack': {
    does: 'the filters, outermost first; as a list with Accept: text/plain',
    answer: async (ask, request) => {
      const stack = await ask('stack');
      if (!(request.headers.accept ?? '').startsWith('text/plain')) return json(200, { stack });
      const width = Math.max(...stack.map(({ role }) => role.length));
      return text(200, stack.map(({ role, why }, i) => `${i + 1}. ${role.padEnd(width)}  ${why}\n`).join(''));
    },
  },
  '/config': {
    does: 'the configuration, overlays and faults in force, with what is left of their leases',
    answer: async (ask) => json(200, await ask('config')),
  },
  '/endpoints': {
    does: 'every endpoint as the balancing sees it: weight, state, ejection, attempts in flight, connections',
    answer: async (ask) => json(200, { endpoints: await ask('endpoints') }),
  },
  '/healthz': {
    does: '200 while the admin thread itself lives',
    answer: () => Promise.resolve(text(200, 'ok\n')),
  },
};

export function json(status: number, body: unknown): Reply {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(body, null, 2)}\n` };
}

function text(status: number, body: string): Reply {
  return { status, type: TEXT_TYPE, body };
}
