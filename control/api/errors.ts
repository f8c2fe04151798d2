/** Errors as answers: always `{"error": {code, message, detail}}`, with the status of the table. */
import type { FastifyReply } from 'fastify';
import { ERRORS, MeshproofError } from '../../contracts/errors.ts';
import type { ErrorBody } from '../../contracts/errors.ts';
import { InvalidDocuments } from '../documents/invalid-documents.ts';
import type { Log } from '../log.ts';

export function answerError(error: unknown, reply: FastifyReply, log: Log): FastifyReply {
  const known = error instanceof MeshproofError ? error : fromFastify(error);
  if (known.code === 'INTERNAL') log.error({ err: error }, 'a request failed');
  const body: ErrorBody = {
    error: {
      code: known.code,
      message: ERRORS[known.code].message,
      detail: known.detail,
      // Here nobody knows the file; whoever sent the document does.
      ...(known instanceof InvalidDocuments
        ? { problems: known.problems.map(({ path, message }) => ({ file: '', line: 0, column: 0, path, message })) }
        : {}),
    },
  };
  return reply.status(known.status).send(body);
}

/** Fastify's own refusals (a body that is not JSON, too large …) are the caller's. */
function fromFastify(error: unknown): MeshproofError {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  const detail = error instanceof Error ? error.message : 'unknown';
  return status < 500
    ? new MeshproofError('REQUEST_INVALID', detail)
    : new MeshproofError('INTERNAL', 'see the log of the control plane');
}
