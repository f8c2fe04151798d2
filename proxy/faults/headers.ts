/** Headers: fields of the request or of the answer are set or removed. What is set on a request stays for its further attempts. */
import type { HeaderChanges } from '../../contracts/fault-changes.ts';
import type { HeadEdits } from '../http1/head-edits.ts';
import type { FaultKind } from './kind.ts';

export const headers: FaultKind = ({ headers: spec }) => {
  if (!spec) return undefined;
  const { request, response } = spec;
  return {
    type: 'headers',
    ...(request && { request: (exchange) => change(exchange.requestEdits(), request) }),
    ...(response && {
      respond: (exchange, _head, fault) => {
        if (request ? fault.active : fault.act(exchange, 'headers')) change(exchange.responseEdits(), response);
      },
    }),
  };
};

function change(edits: HeadEdits, changes: NonNullable<HeaderChanges['request']>): void {
  for (const name of changes.remove) edits.remove(name);
  for (const [name, value] of Object.entries(changes.set)) edits.set(name, value);
}
