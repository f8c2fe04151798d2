/** One request as a tap's filter sees it. One object for all requests: it is pointed at each in turn. */
import type { FlagField, NumberField, TapSubject, TextField } from '../../contracts/tap-fields.ts';
import type { Exchange } from '../exchange.ts';
import { shownTarget } from './redact.ts';

export class RequestSubject implements TapSubject {
  #exchange: Exchange | undefined;
  #status = 0;
  #us = 0;

  /** @param us - whole microseconds from the head to the end of the answer */
  point(exchange: Exchange | undefined, status: number, us: number): void {
    this.#exchange = exchange;
    this.#status = status;
    this.#us = us;
  }

  text(field: TextField): string | undefined {
    const exchange = this.#exchange;
    switch (field) {
      case 'method':
        return exchange?.head.method;
      case 'path':
        return exchange && shownTarget(exchange.head.target);
      case 'host':
        return exchange?.head.hostname;
      case 'service':
        return exchange?.plan?.service;
      case 'route':
        return exchange?.plan?.name;
      case 'version':
        return exchange?.version?.name;
      case 'endpoint':
        return exchange?.endpoint?.address;
      case 'experiment':
        return exchange?.arm?.experimentId;
      case 'arm':
        return exchange?.arm?.arm;
      case 'error':
        return exchange?.errorCode;
    }
  }

  number(field: NumberField): number {
    switch (field) {
      case 'status':
        return this.#status;
      case 'duration':
        return this.#us / 1_000;
      case 'attempts':
        return this.#exchange?.attempts ?? 0;
      case 'faults':
        return this.#exchange?.faults ?? 0;
    }
  }

  flag(_: FlagField): boolean {
    return this.#exchange?.shielded === true;
  }

  header(name: string): string | undefined {
    return this.#exchange?.head.get(name);
  }
}
