/** The OpenAPI 3.1 document, made from the same routes and schemas that the server runs on. */
import { z } from 'zod';
import { ROUTES } from './routes.ts';
import type { ApiRoute } from './routes.ts';

const ErrorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    detail: z.string(),
    problems: z.array(z.record(z.string(), z.unknown())).optional(),
  }),
});

export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return { openapi: '3.1.0', info: { title: 'Meshproof control plane', version }, paths };
}

function operation(route: ApiRoute): Record<string, unknown> {
  const parameters = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    summary: route.summary,
    parameters,
    ...(route.body ? { requestBody: { required: true, content: json(route.body, 'input') } } : {}),
    responses: {
      [route.status ?? 200]: { description: 'done', content: json(route.answers, 'output') },
      default: { description: 'an error of docs/errors.md', content: json(ErrorAnswer, 'output') },
    },
  };
}

function json(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  return {
    'application/json': { schema: z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' }) },
  };
}
