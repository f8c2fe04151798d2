/** Every route of the API, as data: what it takes, what it answers, and the sentence that stands in the OpenAPI document. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AuthorityView } from '../../contracts/authority.ts';
import { ApplyBody, GoalAnswer, GoalBody, ReasonBody, RunBody } from '../../contracts/api.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { ChainReport, ExperimentView, GateStatus, JournalEntry } from '../../contracts/experiment.ts';
import { IncomingAnswer, IncomingBody } from '../../contracts/incoming.ts';
import { DeliveryView } from '../../contracts/notification.ts';
import { ExperimentPoint, ProxyView, ServiceView } from '../../contracts/live.ts';
import { API } from '../../contracts/paths.ts';
import { gateStatus } from '../../experiments/gate.ts';
import type { ControlPlane } from '../control-plane.ts';

export type ApiRoute = {
  /** The operation's name in the OpenAPI document. */
  readonly id: string;
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** With `:name` for parameters. */
  readonly path: string;
  readonly summary: string;
  /** Parameters of the query. */
  readonly query?: readonly string[];
  readonly body?: z.ZodType;
  /** The handler gets the body as it came, as text, and checks it: its very bytes are signed. */
  readonly raw?: true;
  readonly answers: z.ZodType;
  readonly status?: number;
  readonly handle: (plane: ControlPlane, request: FastifyRequest, body: unknown) => unknown;
};

const SourceDocumentAnswer = z.record(z.string(), z.unknown());
const ApplyAnswer = z.object({
  version: z.int(),
  results: z.array(z.object({ key: z.string(), action: z.enum(['created', 'changed', 'unchanged']) })),
});
const HaltAnswer = z.object({
  experiments: z.array(z.string()),
  faults: z.array(z.string()),
  proxies: z.int(),
  tookMs: z.number(),
});
const Nothing = z.object({});

function parameter(request: FastifyRequest, name: string): string {
  return (request.params as Record<string, string>)[name] ?? '';
}

/** Who asks, for the journal: a name that the caller gives itself, or the address. */
function caller(request: FastifyRequest): string {
  const name = request.headers['x-meshproof-user'];
  return typeof name === 'string' && name !== '' ? name.slice(0, 100) : `api (${request.ip})`;
}

function reasonOf(body: unknown): string {
  return (body as z.output<typeof ReasonBody>).reason ?? 'no reason given';
}

const DOCUMENT_ROUTES: readonly ApiRoute[] = [
  {
    id: 'applyDocuments',
    method: 'PUT',
    path: API.documents,
    summary: 'Apply documents: all of them, or none',
    body: ApplyBody,
    answers: ApplyAnswer,
    handle: (plane, _request, body) => {
      const { documents, dryRun } = body as z.output<typeof ApplyBody>;
      return plane.documents.apply(documents, dryRun ?? false);
    },
  },
  {
    id: 'listDocuments',
    method: 'GET',
    path: API.documents,
    summary: 'List the declared documents, as they were written',
    query: ['kind'],
    answers: z.object({ version: z.int(), documents: z.array(SourceDocumentAnswer) }),
    handle: (plane, request) => {
      const { kind } = request.query as { kind?: string };
      const documents = plane.documents.all().filter((d) => kind === undefined || d.kind === kind);
      return { version: plane.documents.version, documents };
    },
  },
  {
    id: 'getDocument',
    method: 'GET',
    path: `${API.documents}/:kind/:name`,
    summary: 'One document, as it was written',
    answers: SourceDocumentAnswer,
    handle: (plane, request): SourceDocument => {
      const [kind, name] = [parameter(request, 'kind'), parameter(request, 'name')];
      const document = plane.documents.get(kind, name);
      if (!document) throw new MeshproofError('DOCUMENT_NOT_FOUND', `${kind}/${name} is not declared`);
      return document;
    },
  },
  {
    id: 'deleteDocument',
    method: 'DELETE',
    path: `${API.documents}/:kind/:name`,
    summary: 'Delete a document that nothing needs',
    answers: Nothing,
    handle: async (plane, request) => {
      await plane.documents.remove(parameter(request, 'kind'), parameter(request, 'name'));
      return {};
    },
  },
];

const MESH_ROUTES: readonly ApiRoute[] = [
  {
    id: 'listServices',
    method: 'GET',
    path: API.services,
    summary: 'Services with their golden signals and the last five minutes',
    answers: z.object({ services: z.array(ServiceView) }),
    handle: (plane) => ({ services: plane.services() }),
  },
  {
    id: 'getService',
    method: 'GET',
    path: `${API.services}/:name`,
    summary: 'One service',
    answers: ServiceView,
    handle: (plane, request) => {
      const name = parameter(request, 'name');
      const service = plane.services().find((s) => s.name === name);
      if (!service) throw new MeshproofError('DOCUMENT_NOT_FOUND', `Service/${name} is not declared`);
      return service;
    },
  },
  {
    id: 'listProxies',
    method: 'GET',
    path: API.proxies,
    summary: 'Proxies, and whether each has the newest configuration',
    answers: z.object({ proxies: z.array(ProxyView) }),
    handle: (plane) => ({ proxies: plane.hub.views() }),
  },
  {
    id: 'getAuthority',
    method: 'GET',
    path: API.authority,
    summary: 'The certificate authority of the mesh: whom proxies trust, and until when',
    answers: AuthorityView,
    handle: (plane) => plane.identities.view(),
  },
  {
    id: 'rotateAuthority',
    method: 'POST',
    path: API.rotateAuthority,
    summary: 'Make a new root: it signs once every proxy trusts it, and the old one goes when nothing of it is left',
    answers: AuthorityView,
    handle: async (plane) => {
      await plane.identities.authority.rotate();
      return plane.identities.view();
    },
  },
  {
    id: 'halt',
    method: 'POST',
    path: API.halt,
    summary:
      'Stop everything: proxies drop overlays and faults, every experiment is rolled back, every Fault is undeclared',
    body: ReasonBody,
    answers: HaltAnswer,
    handle: (plane, request, body) => plane.halt(caller(request), reasonOf(body), () => performance.now()),
  },
];

const EXPERIMENT_ROUTES: readonly ApiRoute[] = [
  {
    id: 'runExperiment',
    method: 'POST',
    path: API.experiments,
    summary: 'Start an experiment',
    body: RunBody,
    answers: ExperimentView,
    status: 201,
    handle: (plane, _request, body) => plane.run((body as z.output<typeof RunBody>).document),
  },
  {
    id: 'listExperiments',
    method: 'GET',
    path: API.experiments,
    summary: 'The last run of each experiment, newest first',
    answers: z.object({ experiments: z.array(ExperimentView) }),
    handle: (plane) => ({ experiments: plane.runner.views() }),
  },
  {
    id: 'getExperiment',
    method: 'GET',
    path: `${API.experiments}/:name`,
    summary: 'One experiment with its verdict and evidence',
    answers: ExperimentView,
    handle: (plane, request) => plane.experiment(parameter(request, 'name')),
  },
  {
    id: 'getJournal',
    method: 'GET',
    path: `${API.experiments}/:name/journal`,
    summary: 'The journal: every decision with its evidence, in order',
    answers: z.object({ entries: z.array(JournalEntry) }),
    handle: async (plane, request) => ({ entries: await plane.journal(parameter(request, 'name')) }),
  },
  {
    id: 'getDeliveries',
    method: 'GET',
    path: `${API.experiments}/:name/deliveries`,
    summary: 'What others were told of it, and whether it arrived',
    answers: z.object({ deliveries: z.array(DeliveryView) }),
    handle: async (plane, request) => ({ deliveries: await plane.deliveriesOf(parameter(request, 'name')) }),
  },
  {
    id: 'verifyJournal',
    method: 'GET',
    path: `${API.experiments}/:name/journal/chain`,
    summary: 'Whether the journal is as it was written, and where its chain breaks',
    answers: ChainReport,
    handle: (plane, request) => plane.chain(parameter(request, 'name')),
  },
  {
    id: 'verifyJournals',
    method: 'GET',
    path: API.chains,
    summary: 'The same of every journal, those of earlier runs too',
    answers: z.object({ chains: z.array(ChainReport) }),
    handle: async (plane) => ({ chains: await plane.chains() }),
  },
  {
    id: 'getPoints',
    method: 'GET',
    path: `${API.experiments}/:name/points`,
    summary: 'Both arms, second by second',
    answers: z.object({ points: z.array(ExperimentPoint) }),
    handle: (plane, request) => ({ points: plane.points(parameter(request, 'name')) }),
  },
  {
    id: 'abortExperiment',
    method: 'POST',
    path: `${API.experiments}/:name/abort`,
    summary: 'End it now, by rolling back',
    body: ReasonBody,
    answers: ExperimentView,
    handle: (plane, request, body) => plane.runner.abort(parameter(request, 'name'), caller(request), reasonOf(body)),
  },
  {
    id: 'promoteExperiment',
    method: 'POST',
    path: `${API.experiments}/:name/promote`,
    summary: 'Promote by hand',
    body: ReasonBody,
    answers: ExperimentView,
    handle: (plane, request, body) => plane.runner.promote(parameter(request, 'name'), caller(request), reasonOf(body)),
  },
  {
    id: 'approveStep',
    method: 'POST',
    path: `${API.experiments}/:name/approve`,
    summary: 'Approve the step, or the promotion, that waits for a person',
    body: ReasonBody,
    answers: ExperimentView,
    handle: (plane, request, body) => plane.runner.approve(parameter(request, 'name'), caller(request), reasonOf(body)),
  },
  {
    id: 'pauseExperiment',
    method: 'POST',
    path: `${API.experiments}/:name/pause`,
    summary: 'Stay at the present step; judging goes on, and so does the way back',
    body: ReasonBody,
    answers: ExperimentView,
    handle: (plane, request, body) => plane.runner.pause(parameter(request, 'name'), caller(request), reasonOf(body)),
  },
  {
    id: 'resumeExperiment',
    method: 'POST',
    path: `${API.experiments}/:name/resume`,
    summary: 'Let a paused experiment go on',
    body: ReasonBody,
    answers: ExperimentView,
    handle: (plane, request, body) => plane.runner.unpause(parameter(request, 'name'), caller(request), reasonOf(body)),
  },
  {
    id: 'reportGoal',
    method: 'POST',
    path: `${API.experiments}/:name/goals`,
    summary: 'Count a goal that a user of an A/B test has reached; the key is the value of its cookie or header',
    body: GoalBody,
    answers: GoalAnswer,
    handle: (plane, request, body) =>
      plane.runner.reportGoal(parameter(request, 'name'), body as z.output<typeof GoalBody>),
  },
  {
    id: 'hear',
    method: 'POST',
    path: `${API.experiments}/:name/incoming/:sender`,
    summary: 'A sender that the document names approves, aborts or reports; signed (docs/notifications.md)',
    body: IncomingBody,
    raw: true,
    answers: IncomingAnswer,
    handle: (plane, request, body) =>
      plane.hear({
        experiment: parameter(request, 'name'),
        sender: parameter(request, 'sender'),
        headers: request.headers,
        body: String(body),
      }),
  },
  {
    id: 'getGate',
    method: 'GET',
    path: '/api/v1/gates/:name',
    summary: 'The status document for pipelines; 200 whenever the question could be answered',
    answers: GateStatus,
    handle: (plane, request) => gateStatus(plane.experiment(parameter(request, 'name'))),
  },
];

export const ROUTES: readonly ApiRoute[] = [...DOCUMENT_ROUTES, ...MESH_ROUTES, ...EXPERIMENT_ROUTES];
