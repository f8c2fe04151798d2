/** Spans through OpenTelemetry's SDK, sent as OTLP over HTTP in batches; a collector that is away costs spans, not requests. */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Exchange } from '../exchange.ts';
import type { AttemptOutcome } from '../plan/plan.ts';
import type { RequestTrace, Tracing } from './request-trace.ts';
import type { TraceContext } from './trace-context.ts';

export type OpenTelemetryOptions = {
  /** The collector, such as http://127.0.0.1:4318; `/v1/traces` is added where it names no path. */
  readonly url: string;
  /** `service.name` of the spans. */
  readonly name: string;
  readonly version: string;
  readonly samplePpm: number;
};

/** @throws TypeError when the URL is none */
export function openTelemetry({ url, name, version, samplePpm }: OpenTelemetryOptions): Tracing {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': name, 'service.version': version }),
    // Sampling is decided before a span is made (filters/tracing.ts): the SDK sees only what is sampled.
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: tracesUrl(url) }))],
  });
  const tracer = provider.getTracer('meshproof', version);
  return {
    samplePpm,
    begin: (exchange, parent) => new SpansOfRequest(tracer, exchange, parent),
    close: () => provider.shutdown(),
  };
}

/** OTLP/HTTP: an address without a path means its default path. */
export function tracesUrl(text: string): string {
  const url = new URL(text);
  if (url.pathname === '/' || url.pathname === '') url.pathname = '/v1/traces';
  return url.href;
}

class SpansOfRequest implements RequestTrace {
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;
  #attempt: Span | undefined;

  constructor(tracer: Tracer, exchange: Exchange, parent: TraceContext | undefined) {
    this.#tracer = tracer;
    const { head } = exchange;
    const name = `${head.method} ${exchange.plan?.service ?? ''}`;
    const attributes = {
      'http.request.method': head.method,
      'url.path': pathOf(head.target),
      'server.address': head.hostname,
    };
    this.#span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, contextOf(parent));
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#span);
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  beginAttempt(exchange: Exchange): string {
    const attributes: Attributes = { 'meshproof.service': exchange.plan?.service ?? '' };
    if (exchange.version) attributes['meshproof.version'] = exchange.version.name;
    if (exchange.attempts > 1) attributes['http.request.resend_count'] = exchange.attempts - 1;
    const name = `${exchange.head.method} attempt ${exchange.attempts}`;
    this.#attempt = this.#tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, this.#context);
    return this.#attempt.spanContext().spanId;
  }

  endAttempt(exchange: Exchange, outcome: AttemptOutcome, status: number): void {
    const span = this.#attempt;
    if (!span) return;
    if (exchange.endpoint) span.setAttribute('network.peer.address', exchange.endpoint.address);
    conclude(span, status, outcome === 'answered' ? status >= 500 : outcome !== 'abandoned', outcome);
    this.#attempt = undefined;
  }

  end(exchange: Exchange, status: number, failed: boolean): void {
    const span = this.#span;
    if (exchange.plan) span.setAttribute('meshproof.route', exchange.plan.name);
    if (exchange.arm) span.setAttribute('meshproof.arm', exchange.arm.arm);
    if (exchange.shielded) span.setAttribute('meshproof.shielded', true);
    if (exchange.faults > 0) span.setAttribute('meshproof.faults', exchange.faults);
    conclude(span, status, failed, exchange.errorCode ?? '');
  }
}

function conclude(span: Span, status: number, failed: boolean, reason: string): void {
  if (status > 0) span.setAttribute('http.response.status_code', status);
  if (failed) {
    span.setAttribute('error.type', reason === '' || reason === 'answered' ? String(status) : reason);
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

function contextOf(parent: TraceContext | undefined): Context {
  if (!parent) return ROOT_CONTEXT;
  const { traceId, spanId } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
}

function pathOf(target: string): string {
  const question = target.indexOf('?');
  return question < 0 ? target : target.slice(0, question);
}
