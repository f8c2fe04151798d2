/** The OpenAPI 3.1 document, made from the same routes and schemas that the server runs on. */
import { z } from 'zod';
import { ERRORS } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { API } from '../../contracts/paths.ts';
import { METRICS_PATH } from './metrics.ts';
import { ROUTES } from './routes.ts';
import type { ApiRoute } from './routes.ts';

type Json = Record<string, unknown>;

const CODES = Object.keys(ERRORS) as readonly ErrorCode[];
const ErrorAnswer = z.object({
  error: z.object({
    code: z.enum(CODES),
    message: z.string(),
    detail: z.string(),
    problems: z
      .array(z.object({ file: z.string(), line: z.int(), column: z.int(), path: z.string(), message: z.string() }))
      .optional(),
  }),
});
const HealthAnswer = z.object({ status: z.literal('ok'), version: z.string(), proxies: z.int() });

export function openApiDocument(version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of ROUTES) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  paths[API.health] = { get: plain('health', 'Whether the control plane answers', json(HealthAnswer, 'output')) };
  paths[API.openapi] = {
    get: plain('openapi', 'This document', { 'application/json': { schema: { type: 'object' } } }),
  };
  paths[METRICS_PATH] = {
    get: plain('metrics', 'Metrics for Prometheus', { 'text/plain': { schema: { type: 'string' } } }),
  };
  return {
    openapi: '3.1.0',
    info: { title: 'Meshproof control plane', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: { Error: schemaOf(ErrorAnswer, 'output') },
      responses: {
        Error: {
          description: 'An error of docs/errors.md',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  };
}

function operation(route: ApiRoute): Json {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => parameter(name ?? '', 'path', true));
  const inQuery = (route.query ?? []).map((name) => parameter(name, 'query', false));
  return {
    operationId: route.id,
    summary: route.summary,
    parameters: [...inPath, ...inQuery],
    // Every body but the documents may be left out.
    ...(route.body
      ? { requestBody: { required: !route.body.safeParse({}).success, content: json(route.body, 'input') } }
      : {}),
    responses: {
      [route.status ?? 200]: { description: route.summary, content: json(route.answers, 'output') },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

function plain(operationId: string, summary: string, content: Json): Json {
  return { operationId, summary, responses: { 200: { description: summary, content } } };
}

function parameter(name: string, where: 'path' | 'query', required: boolean): Json {
  return { name, in: where, required, schema: { type: 'string' } };
}

function json(schema: z.ZodType, io: 'input' | 'output'): Json {
  return { 'application/json': { schema: schemaOf(schema, io) } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12', // the dialect of OpenAPI 3.1
    unrepresentable: 'any',
  });
  return rest;
}
