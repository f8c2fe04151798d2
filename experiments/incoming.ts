/** What a sender of a document may do. Pure. */
import { MeshproofError } from '../contracts/errors.ts';
import type { IncomingMessage } from './ports.ts';
import type { Run } from './story.ts';

/** @throws MeshproofError ACTION_REFUSED, or EXPERIMENT_ENDED when another run was meant */
export function checkAllowed({ id, document }: Run, { sender, body }: IncomingMessage): void {
  const { name } = document.metadata;
  if (body.run !== undefined && body.run !== id)
    throw new MeshproofError('EXPERIMENT_ENDED', `the message is about the run ${body.run}, and ${name} is ${id} now`);
  const known = document.spec.incoming.find((one) => one.name === sender);
  const isAllowed =
    body.action === 'report'
      ? known?.gates.some((gate) => gate.name === body.gate)
      : known?.may.some((action) => action === body.action);
  if (isAllowed) return;
  const what = body.action === 'report' ? `report at ${body.gate}` : body.action;
  throw new MeshproofError('ACTION_REFUSED', `${sender} may not ${what}; its document ${name} says what it may`);
}
