/** Corrupt: a share of the body's bytes is changed, at places drawn from the request's hash; the length stays. */
import { PPM } from '../../contracts/units.ts';
import type { BodyFilter } from '../body-filter.ts';
import { mix, ppmOf } from '../random.ts';
import type { FaultKind } from './kind.ts';

export const corrupt: FaultKind = ({ corrupt: spec }) =>
  spec && {
    type: 'corrupt',
    respond: (exchange, _head, fault, hash) => {
      let meets: boolean | undefined;
      exchange.filterBody(
        new Corruption(spec.percent, hash, () => (meets ??= fault.act(exchange, 'corrupt')) && fault.active),
      );
    },
  };

class Corruption implements BodyFilter {
  readonly keepsLength = true;
  readonly #ppm: number;
  readonly #hash: number;
  readonly #mayChange: () => boolean;
  #at = 0;

  constructor(ppm: number, hash: number, mayChange: () => boolean) {
    this.#ppm = ppm;
    this.#hash = hash;
    this.#mayChange = mayChange;
  }

  onData(bytes: Buffer, sink: Parameters<BodyFilter['onData']>[1]): boolean {
    let changed: Buffer | undefined;
    for (let i = 0; i < bytes.length; i++, this.#at++) {
      const draw = mix(this.#hash ^ mix(this.#at));
      if (this.#ppm < PPM && ppmOf(draw) >= this.#ppm) continue;
      if (changed === undefined && !this.#mayChange()) return sink.write(bytes);
      changed ??= Buffer.from(bytes);
      // Never 0: a byte that is hit becomes another one.
      changed[i] = (changed[i] ?? 0) ^ (1 + (draw % 255));
    }
    return sink.write(changed ?? bytes);
  }

  onEnd(sink: Parameters<BodyFilter['onEnd']>[0]): void {
    sink.end();
  }

  cancel(): void {
    // Nothing waits.
  }
}
