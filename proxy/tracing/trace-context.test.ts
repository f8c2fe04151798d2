import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestHead } from '../testing/runtime.ts';
import { decisionOf, traceContextOf, traceparent } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('traceContextOf', () => {
  it.each([
    ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true, 'w3c'],
    ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00', false, 'w3c'],
    ['traceparent: cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes', true, 'w3c'],
    ['b3: 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1-05e3ac9a4f6e3b90', true, 'b3'],
    ['b3: 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-d', true, 'b3'],
    ['b3: 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0', false, 'b3'],
    ['b3: 0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331', undefined, 'b3'],
  ])('understands %s', (field, sampled, format) => {
    expect(traceContextOf(requestHead('GET /', field))).toEqual({ traceId: TRACE, spanId: SPAN, sampled, format });
  });

  it('understands B3 in several fields, and fills a short trace id up', () => {
    const head = requestHead('GET /', 'X-B3-TraceId: 8448eb211c80319c', `X-B3-SpanId: ${SPAN}`, 'X-B3-Sampled: 1');
    expect(traceContextOf(head)).toEqual({
      traceId: '00000000000000008448eb211c80319c',
      spanId: SPAN,
      sampled: true,
      format: 'b3',
    });
  });

  it.each([
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
    'traceparent: ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01',
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
    'traceparent: 00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
    'b3: 0',
    'x-b3-traceid: 8448eb211c80319c',
  ])('takes %s for no trace', (field) => {
    expect(traceContextOf(requestHead('GET /', field))).toBeUndefined();
  });

  it.each([
    ['b3: 0', false],
    ['b3: d', true],
    ['x-b3-sampled: 0', false],
    ['x-b3-flags: 1', true],
    ['x-b3-sampled: maybe', undefined],
    ['accept: all', undefined],
  ])('takes %s for a decision of %s', (field, decision) => {
    expect(decisionOf(requestHead('GET /', field))).toBe(decision);
  });

  it('reads what it writes', () => {
    const hex = (digits: number) =>
      fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => !/^0+$/.test(text));
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
        const head = requestHead('GET /', `traceparent: ${traceparent(traceId, spanId, sampled)}`);
        expect(traceContextOf(head)).toEqual({ traceId, spanId, sampled, format: 'w3c' });
      }),
    );
  });
});
