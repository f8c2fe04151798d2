/** Truncate: the body ends early. Broken, as when an endpoint dies; or clean, as when it believes that this is all. */
import { Cut } from './cut.ts';
import type { FaultKind } from './kind.ts';

export const truncate: FaultKind = ({ truncate: spec }) =>
  spec && {
    type: 'truncate',
    respond: (exchange, _head, fault) => {
      const cut = new Cut(
        spec.afterBytes,
        !spec.clean,
        () => fault.act(exchange, 'truncate'),
        (sink) => (spec.clean ? sink.end() : sink.breakOff()),
      );
      exchange.filterBody(cut);
    },
  };
