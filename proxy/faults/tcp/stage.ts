/** What a kind of fault on connections is: a stage that the bytes of one direction pass through. */
import type { FaultTcp } from '../../../contracts/fault-tcp.ts';
import type { Clock } from '../../dataplane-api.ts';
import type { TimerWheel } from '../../timer-wheel.ts';

export const TCP_FAULT_TYPES = [
  'tcp-reset',
  'tcp-black-hole',
  'tcp-limit-data',
  'tcp-latency',
  'tcp-bandwidth',
  'tcp-slicer',
  'tcp-slow-close',
] as const;
export type TcpFaultType = (typeof TCP_FAULT_TYPES)[number];

/** `end`: the sender has closed its side; `close`: a fault closes the connection, after what went before. */
export type Finish = 'end' | 'close';

/** Where bytes go on: the next stage, or the socket. */
export type Outlet = {
  readonly bytes: (bytes: Buffer) => void;
  readonly finish: (how: Finish) => void;
};

/** What a stage may do beside passing bytes on. */
export type StageContext = {
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  /** 32 bits, of the draw: the only source of randomness. */
  readonly hash: number;
  /** The connection was open before it met the fault. */
  readonly isLate: boolean;
  /** The fault acts on this connection: counted once, however often it is called. */
  readonly acts: () => void;
  /** So many bytes will never go on. */
  readonly dropped: (bytes: number) => void;
  /** At once, both sides. */
  readonly reset: () => void;
};

export interface TcpStage {
  onBytes(bytes: Buffer, next: Outlet): void;
  onFinish(how: Finish, next: Outlet): void;
  /** The fault is over: what waits goes on at once. Nothing is called afterwards. */
  release(next: Outlet): void;
  /** The connection is gone. */
  cancel(): void;
}

export type PlannedTcpFault = {
  readonly type: TcpFaultType;
  /** @param next - for stages that act without being given anything, such as at a time-out */
  readonly open: (context: StageContext, next: Outlet) => TcpStage;
};

/** @returns undefined when the document does not ask for this kind */
export type TcpFaultKind = (spec: FaultTcp) => PlannedTcpFault | undefined;
