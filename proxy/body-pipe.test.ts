import { describe, expect, it } from 'vitest';
import type { BodyFilter } from './body-filter.ts';
import { BodyPipe, pipeFraming } from './body-pipe.ts';
import { RequestHead, ResponseHead } from './http1/head.ts';

const upper: BodyFilter = {
  keepsLength: true,
  onData: (bytes, sink) => sink.write(Buffer.from(bytes.toString('latin1').toUpperCase(), 'latin1')),
  onEnd: (sink) => sink.end(),
  cancel: () => undefined,
};

function pipe(filters: readonly BodyFilter[], chunkedIn: boolean, chunkedOut: boolean) {
  const seen = { text: '', events: [] as string[] };
  const body = new BodyPipe(filters, chunkedIn, chunkedOut, {
    writeToClient: (bytes) => {
      seen.text += bytes.toString('latin1');
      return true;
    },
    resumeSource: () => seen.events.push('resume'),
    ended: () => seen.events.push('ended'),
    broken: () => seen.events.push('broken'),
  });
  return { body, seen };
}

describe('BodyPipe', () => {
  it('takes the chunked coding off before the filters and puts its own on after them', () => {
    const { body, seen } = pipe([upper], true, true);
    body.push(Buffer.from('3\r\nab'));
    body.push(Buffer.from('c\r\n2\r\nde\r\n0\r\n\r\n'));
    body.finish();
    expect(seen.text).toBe('2\r\nAB\r\n1\r\nC\r\n2\r\nDE\r\n0\r\n\r\n');
    expect(seen.events).toEqual(['ended']);
  });

  it('runs the filters in the order in which they were asked for', () => {
    const exclaim: BodyFilter = {
      ...upper,
      keepsLength: false,
      onData: (bytes, sink) => sink.write(Buffer.concat([bytes, Buffer.from('x')])),
    };
    const { body, seen } = pipe([exclaim, upper], false, false);
    body.push(Buffer.from('a'));
    expect(seen.text).toBe('AX');
  });

  it('stops the source while a filter is busy, and resumes it when the filter is ready', () => {
    let release = (): void => undefined;
    const slow: BodyFilter = {
      ...upper,
      onData: (_bytes, sink) => {
        release = () => sink.ready();
        return false;
      },
    };
    const { body, seen } = pipe([slow], false, false);
    expect(body.push(Buffer.from('a'))).toBe(false);
    body.onDrain();
    expect(seen.events).toEqual([]);
    release();
    expect(seen.events).toEqual(['resume']);
  });

  it('is silent once the exchange is over', () => {
    const { body, seen } = pipe([upper], false, true);
    body.cancel();
    body.push(Buffer.from('late'));
    body.finish();
    body.breakOff();
    expect(seen).toEqual({ text: '', events: [] });
  });
});

describe('pipeFraming', () => {
  it('keeps a length that all filters keep, and gives up one that a filter may change', () => {
    const response = new ResponseHead();
    response.contentLength = 5;
    expect(pipeFraming(response, new RequestHead(), [upper])).toMatchObject({ chunkedOut: false });
    expect(response.lengthVoid).toBe(false);
    expect(pipeFraming(response, new RequestHead(), [{ ...upper, keepsLength: false }])).toMatchObject({
      chunkedOut: true,
    });
    expect(response.lengthVoid).toBe(true);
  });

  it('ends the body by closing towards a client of HTTP/1.0', () => {
    const request = new RequestHead();
    request.minor = 0;
    const response = new ResponseHead();
    response.contentLength = 5;
    expect(pipeFraming(response, request, [{ ...upper, keepsLength: false }])).toMatchObject({ chunkedOut: false });
  });
});
