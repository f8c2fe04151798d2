/**
 * A client's connection that is passed on as bytes: to an endpoint of one service, or of the service that the TLS greeting
 * names. Backpressure and half-closes go through; where one endpoint cannot be reached, the next is tried.
 */
import { connect, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { ClientConnection } from '../downstream/host.ts';
import { countGone } from '../faults/endpoint-gone.ts';
import type { Bare, Wires } from '../faults/tcp/wires.ts';
import type { ActiveFault } from '../faults/active-fault.ts';
import type { ServicePlan, VersionPlan } from '../plan/plan.ts';
import type { Runtime } from '../runtime.ts';
import type { ArmCounters } from '../telemetry/counters.ts';
import { Timer } from '../timer-wheel.ts';
import { readClientHello } from './client-hello.ts';
import type { TcpLoad } from './tcp-load.ts';
import { WayOut } from './way-out.ts';

/** What a connection needs from its listener. */
export type TcpHost = {
  readonly closed: (connection: ClientConnection) => void;
  readonly retired: boolean;
  /** @param sni - of the TLS greeting, where it is looked at; undefined: it names none, or nobody looked */
  readonly serviceOf: (sni: string | undefined) => ServicePlan | undefined;
  readonly readsSni: boolean;
  /** Of a CONNECT: what the client is told first. */
  readonly answers?: { readonly opened: string; readonly refused: (code: ErrorCode) => string };
};

/** How long a client that was refused may take to read why. */
const LINGER_MS = 2_000;

/** A client that does not say within this which server it wants is not waited for. */
const HELLO_TIMEOUT_MS = 5_000;

export class TcpConnection implements ClientConnection, Bare {
  readonly #runtime: Runtime;
  readonly #host: TcpHost;
  readonly #client: Socket;
  readonly #timer: Timer;
  readonly #lingerTimer = new Timer(() => this.destroy());
  #upstream: Socket | undefined;
  /** The upstream socket, or what stands before it when the service is under faults. */
  #way: (Duplex & { destroySoon: () => void }) | undefined;
  #wires: Wires | undefined;
  #version = '';
  #idleMs: number | undefined;
  #wayOut: WayOut | undefined;
  /** What is said when there is no further endpoint to try. */
  #reason: ErrorCode = 'UPSTREAM_NO_ENDPOINT';
  #partitions: readonly ActiveFault[] = [];
  #load: TcpLoad | undefined;
  #arm: ArmCounters | undefined;
  #greeting: Buffer = EMPTY;
  #startMs = 0;
  #lastBytes = 0;
  #lastChangeMs: number;
  #open = false;
  #over = false;

  constructor(runtime: Runtime, host: TcpHost, client: Socket) {
    this.#runtime = runtime;
    this.#host = host;
    this.#client = client;
    this.#lastChangeMs = runtime.clock.nowMs();
    this.#timer = new Timer(() => this.#refuse('HTTP_REQUEST_TIMEOUT'));
    client.on('error', (error) => this.#break(error));
    client.on('close', () => this.#end());
    if (host.readsSni) {
      runtime.wheel.arm(this.#timer, HELLO_TIMEOUT_MS);
      client.on('data', this.#onGreeting);
    } else this.#route(undefined);
  }

  readonly #onGreeting = (bytes: Buffer): void => {
    this.#greeting = Buffer.concat([this.#greeting, bytes]);
    const hello = readClientHello(this.#greeting);
    if (hello.state === 'incomplete') return;
    this.#runtime.wheel.cancel(this.#timer);
    this.#client.off('data', this.#onGreeting);
    this.#client.pause();
    if (hello.state === 'invalid') this.#refuse('HTTP_MALFORMED');
    else this.#route(hello.name);
  };

  #route(sni: string | undefined): void {
    const plan = this.#host.serviceOf(sni);
    if (!plan) {
      this.#refuse('ROUTE_NOT_FOUND');
      return;
    }
    this.#startMs = this.#runtime.clock.nowMs();
    const version = this.#assign(plan);
    this.#load = plan.tcp(version.name);
    this.#wires = plan.wires;
    this.#idleMs = plan.tcpIdleMs;
    this.#version = version.name;
    countGone(plan.gone, version.name);
    this.#partitions = plan.partitions;
    const wayOut = (this.#wayOut = new WayOut(version, this.#client.remoteAddress));
    if (this.#isCutOff()) this.#fail('UPSTREAM_CONNECT_FAILED');
    else if (!wayOut.hasRoom()) this.#fail('CIRCUIT_OPEN');
    else this.#connect(wayOut);
  }

  /** The arm is decided once, for the whole connection. */
  #assign(plan: ServicePlan): VersionPlan {
    const active = plan.overlay;
    const candidate = active && plan.versions.get(active.overlay.candidate);
    const baseline = active && plan.versions.get(active.overlay.baseline);
    if (!active?.active || !candidate || baseline !== plan.stable) return plan.stable;
    const isCandidate = this.#runtime.random.ppm() < active.overlay.candidatePpm;
    this.#arm = isCandidate ? active.candidate : active.baseline;
    this.#arm.inFlight++;
    return isCandidate ? candidate : baseline;
  }

  /** A partition is drawn once for a connection: it has no other attempts. */
  #isCutOff(): boolean {
    let isCutOff = false;
    for (const fault of this.#partitions) {
      if (fault.drawConnection(this.#version, this) < 0) continue;
      fault.count('partition');
      isCutOff = true;
    }
    return isCutOff;
  }

  #fail(code: ErrorCode): void {
    if (this.#load) this.#load.failed++;
    this.#settleArm(true);
    this.#refuse(code);
  }

  #connect(wayOut: WayOut): void {
    const { clock } = this.#runtime;
    const endpoint = wayOut.next(clock.nowMs());
    if (!endpoint) {
      this.#fail(this.#reason);
      return;
    }
    const { host, port, dialBytes } = endpoint;
    const upstream = dialBytes?.() ?? connect({ host, port, noDelay: true, allowHalfOpen: true });
    const tryNext = (): void => {
      this.#reason = (dialBytes && endpoint.bytesFailure()) ?? 'UPSTREAM_CONNECT_FAILED';
      wayOut.failed(clock.nowMs());
      this.#connect(wayOut);
    };
    if (!(upstream instanceof Socket)) {
      // There is no identity yet to ask a sidecar with.
      upstream.on('error', tryNext);
      return;
    }
    this.#upstream = upstream;
    const timer = new Timer(() => upstream.destroy(new Error('connect timed out')));
    this.#runtime.wheel.arm(timer, endpoint.connectTimeoutMs);
    upstream.once(dialBytes ? 'secureConnect' : 'connect', () => {
      if (upstream.destroyed) return;
      this.#runtime.wheel.cancel(timer);
      wayOut.opened(clock.nowMs());
      this.#join(upstream);
    });
    upstream.on('error', (error) => {
      this.#runtime.wheel.cancel(timer);
      if (this.#over) return;
      // Nothing was sent yet: another endpoint may have the connection.
      if (this.#open) this.#break(error);
      else tryNext();
    });
  }

  #join(upstream: Socket): void {
    this.#open = true;
    if (this.#load) this.#load.opened++;
    this.#settleArm(false);
    if (this.#host.answers) this.#client.write(this.#host.answers.opened, 'latin1');
    const wires = this.#wires;
    if (wires?.underFault) this.#pass(wires.wrap(upstream, this.#version, false));
    else {
      wires?.addBare(this);
      this.#pass(upstream);
    }
  }

  #pass(way: Duplex & { destroySoon: () => void }): void {
    const client = this.#client;
    this.#way = way;
    if (this.#greeting.length > 0) way.write(this.#greeting);
    this.#greeting = EMPTY;
    if (way !== this.#upstream) way.on('error', (error) => this.#break(error));
    way.on('close', this.#wayClosed);
    client.pipe(way);
    way.pipe(client);
  }

  readonly #wayClosed = (): void => {
    if (!this.#client.writableFinished) this.#client.destroySoon();
  };

  /** A fault was declared for connections of this service, and this one is open. */
  meetFaults(): void {
    const upstream = this.#upstream;
    this.#wires?.dropBare(this);
    if (!this.#wires || !upstream || this.#over) return;
    this.#client.unpipe(upstream);
    upstream.unpipe(this.#client);
    upstream.off('close', this.#wayClosed);
    this.#pass(this.#wires.wrap(upstream, this.#version, true));
  }

  /** A reset on one side is one on the other. */
  #break(error: NodeJS.ErrnoException): void {
    if (error.code !== 'ECONNRESET') this.destroy();
    else {
      reset(this.#client);
      if (this.#upstream) reset(this.#upstream);
      this.#way?.destroy();
    }
  }

  /** What an arm can tell of a connection: whether it could be made, and how long that took. */
  #settleArm(failed: boolean): void {
    const arm = this.#arm;
    this.#arm = undefined;
    if (!arm) return;
    arm.inFlight--;
    arm.record(failed, Math.round((this.#runtime.clock.nowMs() - this.#startMs) * 1_000));
  }

  #refuse(code: ErrorCode): void {
    const { errors } = this.#runtime;
    errors.set(code, (errors.get(code) ?? 0) + 1);
    if (!this.#host.answers) {
      this.destroy();
      return;
    }
    this.#client.end(this.#host.answers.refused(code), 'latin1');
    this.#client.resume();
    this.#runtime.wheel.arm(this.#lingerTimer, LINGER_MS);
  }

  /** A connection on which nothing moves is closed; while draining, one that is quiet. */
  sweep(nowMs: number): void {
    const bytes = this.#client.bytesRead + this.#client.bytesWritten;
    if (bytes !== this.#lastBytes) this.#lastChangeMs = nowMs;
    this.#lastBytes = bytes;
    const { limits, draining } = this.#runtime;
    const limitMs = draining || this.#host.retired ? limits.drainIdleMs : (this.#idleMs ?? limits.tcpIdleMs);
    if (nowMs - this.#lastChangeMs > limitMs) this.destroy();
  }

  destroy(): void {
    this.#client.destroy();
    this.#way?.destroy();
    this.#upstream?.destroy();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#runtime.wheel.cancel(this.#timer);
    this.#runtime.wheel.cancel(this.#lingerTimer);
    const upstream = this.#upstream;
    if (this.#load && this.#open) {
      this.#load.closed++;
      this.#load.sentBytes += upstream?.bytesWritten ?? 0;
      this.#load.receivedBytes += upstream?.bytesRead ?? 0;
    }
    this.#settleArm(false);
    this.#wayOut?.close();
    for (const fault of this.#partitions) fault.leave(this);
    this.#wires?.dropBare(this);
    (this.#way ?? upstream)?.destroySoon();
    this.#host.closed(this);
  }
}

/** A TLS socket refuses to be reset; to break off without a close_notify says the same. */
function reset(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

const EMPTY = Buffer.alloc(0);
