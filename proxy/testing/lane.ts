/** A lane with one stage of a fault, on a clock that the test moves. */
import type { FaultDocument } from '../../contracts/document.ts';
import { FaultSpec } from '../../contracts/fault.ts';
import { ActiveFault } from '../faults/active-fault.ts';
import { Lane } from '../faults/tcp/lane.ts';
import type { StageContext } from '../faults/tcp/stage.ts';
import { heldRuntime } from './runtime.ts';

export type LaneStage = {
  readonly lane: Lane;
  readonly fault: ActiveFault;
  /** What came out: texts of parts, `end`, `close`, and `reset`. */
  readonly out: string[];
  readonly send: (text: string) => boolean;
  /** Moves the clock by so much, tick by tick. */
  readonly wait: (ms: number) => void;
  readonly halt: () => void;
  /** How often an injection was counted. */
  readonly counted: () => number;
};

/** @param tcp - as a person writes it */
export function laneUnder(tcp: Record<string, unknown>, context: Partial<StageContext> = {}): LaneStage {
  const runtime = heldRuntime();
  const spec = FaultSpec.parse({ service: 'db', tcp });
  const document: FaultDocument = { apiVersion: 'meshproof.dev/v1', kind: 'Fault', metadata: { name: 'f' }, spec };
  const fault = new ActiveFault(runtime, document);
  const out: string[] = [];
  const lane = new Lane(
    { bytes: (bytes) => void out.push(bytes.toString()), finish: (how) => void out.push(how) },
    () => void out.push('room'),
  );
  for (const act of fault.plannedTcp) {
    let counted = false;
    const acts = (): void => {
      if (!counted) fault.count(act.type);
      counted = true;
    };
    const own = { acts, dropped: (n: number) => lane.dropped(n), reset: () => void out.push('reset') };
    const { clock, wheel } = runtime;
    lane.add(fault, (next) => act.open({ clock, wheel, hash: 7, isLate: false, ...own, ...context }, next));
  }
  return {
    lane,
    fault,
    out,
    send: (text) => lane.bytes(Buffer.from(text)),
    wait: (ms) => {
      for (let done = 0; done < ms; done++) {
        runtime.move(1);
        runtime.wheel.advance();
      }
    },
    halt: () => {
      runtime.halt.halt();
      lane.releaseEnded();
    },
    counted: () => fault.totals().reduce((sum, { injected }) => sum + injected, 0),
  };
}
