/**
 * The identity that the control plane gives: asked for over the wire, proven both ways by a token that is not sent, renewed
 * at about half of its life. While the control plane is away, or refuses, the certificate that there is goes on to its end.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { proofOfRequest } from '../../contracts/identity-proof.ts';
import type { FromControl, FromProxy } from '../../contracts/wire.ts';
import type { Clock } from '../dataplane-api.ts';
import { keyWithRequest } from './certificate-request.ts';
import type { KeyWithRequest } from './certificate-request.ts';
import type { Identity, IdentitySource, IdentityState } from './identity.ts';
import type { IdentityStore } from './identity-store.ts';
import { checkIssued } from './issued.ts';
import type { Issued } from './issued.ts';
import { ageOf, lifetimeOf, retryMs } from './lifetime.ts';
import type { Age, Lifetime } from './lifetime.ts';

export type MeshIdentityOptions = {
  /** As in contracts/spiffe.ts. */
  readonly name: string;
  readonly token: string;
  readonly clock: Clock;
  /** Milliseconds since the Unix epoch: what certificates are dated by. */
  readonly wallMs: () => number;
  /** Uniform in 0 … 1. */
  readonly random: () => number;
  /** Keeps it over a restart. */
  readonly store?: IdentityStore | undefined;
  readonly log: Logger;
};

export type Asking = Extract<FromProxy, { type: 'identity-request' }>;
type Refused = Extract<FromControl, { type: 'identity-refused' }>;
type Pending = KeyWithRequest & { readonly id: string; readonly sentAtMs: number };

const ANSWER_WITHIN_MS = 5_000;
/** A configuration waits for the first certificate no longer than this. */
const FIRST_WITHIN_MS = 2_000;

export class MeshIdentity implements IdentitySource {
  readonly #options: MeshIdentityOptions;
  #held: { readonly identity: Identity; readonly lifetime: Lifetime } | undefined;
  /** What is held is of the last process: the mesh may have other roots by now. */
  #isOld = false;
  #send: ((message: Asking) => void) | undefined;
  #pending: Pending | undefined;
  #failures = 0;
  #notBeforeMs = 0;
  #saidAge: Age = 'fresh';
  #issued = 0;
  #failed = 0;
  #onAnswer: () => void = () => {};
  onChange: () => void = () => {};

  constructor(options: MeshIdentityOptions) {
    this.#options = options;
  }

  /** Takes up what the last process left, when it is not over. */
  async restore(): Promise<void> {
    const { store, name, wallMs } = this.#options;
    const kept = await store?.load();
    if (kept?.identity.name === name && ageOf(kept.lifetime, wallMs()) !== 'over') this.#held = kept;
    this.#isOld = this.#held !== undefined;
  }

  current(): Identity | undefined {
    return this.#held?.identity;
  }

  state(): IdentityState {
    const { name, wallMs } = this.#options;
    const leftMs = this.#held ? this.#held.lifetime.expiresAtMs - wallMs() : null;
    return { name, leftMs, issued: this.#issued, failed: this.#failed };
  }

  /** There is a connection to the control plane, which knows who we are. */
  connected(send: (message: Asking) => void): void {
    this.#send = send;
    this.#failures = this.#notBeforeMs = 0;
    this.tick();
  }

  disconnected(): void {
    this.#send = undefined;
    this.#pending = undefined;
  }

  /** Resolves when there is a certificate, when the first one is refused, or after a while. */
  async first(): Promise<void> {
    if (this.#held || !this.#send) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, FIRST_WITHIN_MS).unref());
    await Promise.race([new Promise<void>((resolve) => (this.#onAnswer = resolve)), late]);
  }

  /** Asks when it is time, and says when it is late. Called several times a second. */
  tick(): void {
    const { clock, wallMs } = this.#options;
    const age = this.#held ? ageOf(this.#held.lifetime, wallMs()) : 'due';
    if (this.#held) this.#say(age);
    const nowMs = clock.nowMs();
    if (this.#pending && nowMs - this.#pending.sentAtMs > ANSWER_WITHIN_MS) this.#fail('there is no answer');
    const isDue = age !== 'fresh' || this.#isOld;
    if (this.#send && !this.#pending && isDue && nowMs >= this.#notBeforeMs) this.#ask(this.#send);
  }

  /** What the control plane says to a request. */
  take(message: Issued | Refused): void {
    const pending = this.#pending;
    if (message.id !== pending?.id) return; // to a request that was given up
    if (message.type === 'identity-refused') return this.#fail(`${message.code}: ${message.message}`);
    const { name, token, wallMs, random, store, log } = this.#options;
    const nowMs = wallMs();
    const checked = checkIssued(message, { name, token, publicKey: pending.publicKey }, nowMs);
    if (typeof checked === 'string') return this.#fail(checked);
    this.#pending = undefined;
    this.#isOld = false;
    this.#failures = this.#notBeforeMs = 0;
    this.#issued++;
    const { trustDomain, certificate, bundle } = message;
    const identity = { trustDomain, name, certificate, key: pending.key, bundle };
    const lifetime = lifetimeOf(nowMs, checked, random());
    this.#held = { identity, lifetime };
    log.info({ identity: name, until: new Date(checked).toISOString() }, 'this proxy has a new certificate');
    this.onChange();
    this.#onAnswer();
    store?.save(this.#held).catch((err: unknown) => log.error({ err }, 'the certificate cannot be kept on disk'));
  }

  #ask(send: (message: Asking) => void): void {
    const { name, token, clock } = this.#options;
    const made = keyWithRequest();
    const request = { id: randomBytes(16).toString('base64url'), name, csr: made.csr };
    this.#pending = { ...made, id: request.id, sentAtMs: clock.nowMs() };
    send({ type: 'identity-request', ...request, proof: proofOfRequest(request, token) });
  }

  #fail(why: string): void {
    const { clock, random, log, name } = this.#options;
    this.#pending = undefined;
    this.#failed++;
    this.#failures++;
    const waitMs = retryMs(this.#failures, random());
    this.#notBeforeMs = clock.nowMs() + waitMs;
    log.warn({ identity: name, why, againInMs: Math.round(waitMs) }, 'this proxy got no certificate');
    this.#onAnswer();
  }

  /** Once for each age. */
  #say(age: Age): void {
    if (age === this.#saidAge) return;
    this.#saidAge = age;
    const { log } = this.#options;
    const { name, leftMs } = this.state();
    const about = { identity: name, leftSeconds: Math.round((leftMs ?? 0) / 1_000) };
    if (age === 'late') log.warn(about, 'the certificate of this proxy should have been renewed; it is over soon');
    if (age === 'over')
      log.error(about, 'the certificate of this proxy is over: mTLS in the mesh fails until there is one');
  }
}
