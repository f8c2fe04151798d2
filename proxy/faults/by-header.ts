/**
 * Faults that a request brings along, signed. The header never goes on; one that is not signed, or over, is counted and
 * changes nothing.
 */
import { FaultDocument } from '../../contracts/document.ts';
import { openSignedFault, SIGNED_FAULT_HEADER } from '../../contracts/signed-fault.ts';
import type { RequestHead } from '../http1/head.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { Runtime } from '../runtime.ts';
import { alone } from '../shared/sharing.ts';
import { ActiveFault } from './active-fault.ts';
import { CapTable } from './caps/cap-table.ts';

/** Headers that are remembered with the plan that they make. */
const MAX_REMEMBERED = 100;

/** @returns the plan of a service with one fault more */
export type PlanWith = (service: string, fault: ActiveFault) => ServicePlan | undefined;

export class FaultsByHeader {
  readonly #runtime: Runtime;
  readonly #secret: string;
  readonly #wallMs: () => number;
  readonly #planWith: PlanWith;
  readonly #plans = new Map<string, { readonly fault: ActiveFault; readonly plan: ServicePlan }>();

  /** @param wallMs - milliseconds since 1970: what is signed says when it ends by that clock */
  constructor(runtime: Runtime, secret: string, wallMs: () => number, planWith: PlanWith) {
    this.#runtime = runtime;
    this.#secret = secret;
    this.#wallMs = wallMs;
    this.#planWith = planWith;
  }

  /** Takes the header off. @returns the plan that the request is to meet */
  apply(head: RequestHead, plan: ServicePlan): ServicePlan {
    const value = head.take(SIGNED_FAULT_HEADER);
    if (value === undefined) return plan;
    const key = `${plan.name}\n${value}`;
    const known = this.#plans.get(key);
    if (known?.fault.active) return known.plan;
    const made = this.#make(value, plan.name);
    if (!made) {
      const { errors } = this.#runtime;
      errors.set('FAULT_HEADER_REFUSED', (errors.get('FAULT_HEADER_REFUSED') ?? 0) + 1);
      return plan;
    }
    this.#plans.set(key, made);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > MAX_REMEMBERED && oldest !== undefined) this.#plans.delete(oldest);
    return made.plan;
  }

  #make(value: string, service: string): { fault: ActiveFault; plan: ServicePlan } | undefined {
    const signed = openSignedFault(value, this.#secret, this.#wallMs());
    if (!signed) return undefined;
    const lease = `${Math.max(1, Math.ceil(signed.exp * 1_000 - this.#wallMs()))}ms`;
    const document = FaultDocument.safeParse({
      apiVersion: 'meshproof.dev/v1',
      kind: 'Fault',
      metadata: { name: 'by-header' },
      spec: { ...signed.fault, service, lease },
    });
    // Faults on connections and endpoints would meet the requests of others that share them.
    if (!document.success) return undefined;
    const { tcp, tls, endpointGone, maxConcurrent, maxPerSecond, maxShare } = document.data.spec;
    if ((tcp ?? tls ?? endpointGone) !== undefined) return undefined;
    // Who asks for a fault in one request has nothing to cap; and what anybody may send is not shared among workers.
    if ((maxConcurrent ?? maxPerSecond ?? maxShare) !== undefined) return undefined;
    const caps = new CapTable({ clock: this.#runtime.clock, sharing: alone() }).of('', document.data.spec);
    const fault = new ActiveFault(this.#runtime, document.data, caps);
    const plan = this.#planWith(service, fault);
    return plan && { fault, plan };
  }
}
