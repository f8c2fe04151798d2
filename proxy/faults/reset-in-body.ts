/** Reset in the body: the answer begins well, then the client's connection is reset. */
import { Cut } from './cut.ts';
import type { FaultKind } from './kind.ts';

export const resetInBody: FaultKind = ({ abort }) => {
  const bytes = abort?.resetAfterBytes;
  if (bytes === undefined) return undefined;
  return {
    type: 'reset',
    respond: (exchange, _head, fault) => {
      exchange.filterBody(
        new Cut(
          bytes,
          true,
          () => fault.act(exchange, 'reset'),
          () => exchange.reset(),
        ),
      );
    },
  };
};
