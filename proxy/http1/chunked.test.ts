import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChunked } from '../../test/proxy/naive-http.ts';
import { ChunkedDecoder } from './chunked.ts';

type Result = { readonly body: string; readonly state: 'done' | 'failed' | 'open'; readonly eaten: number };

/** Decodes pieces one after the other, as they would come off a socket. */
function decode(pieces: readonly Buffer[], decoder = new ChunkedDecoder()): Result {
  let body = '';
  let eaten = 0;
  for (const piece of pieces) {
    let at = 0;
    while (at < piece.length && !decoder.done && !decoder.failed) {
      at = decoder.next(piece, at, piece.length);
      body += piece.toString('latin1', decoder.dataStart, decoder.dataEnd);
    }
    eaten += at;
  }
  return { body, state: decoder.done ? 'done' : decoder.failed ? 'failed' : 'open', eaten };
}

function whole(text: string): Result {
  return decode([Buffer.from(text, 'latin1')]);
}

const extension = fc.constantFrom('', ';a', ';a=b', '; a="q;\\"x"', ';a;b=c');
const chunk = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), extension, fc.boolean());
const body = fc
  .record({
    chunks: fc.array(chunk, { maxLength: 6 }),
    trailers: fc.array(fc.constantFrom('x-a: 1', 'x-b:'), { maxLength: 2 }),
  })
  .map(({ chunks, trailers }) => {
    const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
    const size = (n: number, upper: boolean): string => (upper ? n.toString(16).toUpperCase() : `0${n.toString(16)}`);
    const wire = chunks
      .map(([data, ext, upper]) => `${size(data.length, upper)}${ext}\r\n${latin1(data)}\r\n`)
      .join('');
    return {
      wire: `${wire}0\r\n${trailers.map((t) => `${t}\r\n`).join('')}\r\n`,
      plain: chunks.map(([data]) => latin1(data)).join(''),
    };
  });

describe('every chunked body', () => {
  it('is read as a second, naive decoder reads it, and not a byte further', () => {
    fc.assert(
      fc.property(body, fc.stringMatching(/^[ -~]{0,10}$/), ({ wire, plain }, behind) => {
        const result = whole(wire + behind);
        expect(result).toEqual({ body: plain, state: 'done', eaten: wire.length });
        expect(readChunked(wire + behind)).toMatchObject({ body: plain, rest: behind });
      }),
      { numRuns: 500 },
    );
  });

  it('comes out the same however its bytes are split', () => {
    fc.assert(
      fc.property(body, ({ wire, plain }) => {
        const bytes = Buffer.from(wire, 'latin1');
        for (let i = 0; i <= bytes.length; i++) {
          expect(decode([bytes.subarray(0, i), bytes.subarray(i)]).body).toBe(plain);
        }
        expect(decode([...bytes].map((b) => Buffer.of(b)))).toEqual({ body: plain, state: 'done', eaten: wire.length });
      }),
      { numRuns: 60 },
    );
  });

  it('is not complete before its last byte', () => {
    fc.assert(
      fc.property(body, ({ wire }) => {
        for (let i = 0; i < wire.length; i++) expect(whole(wire.slice(0, i)).state).toBe('open');
      }),
      { numRuns: 60 },
    );
  });

  it('with one byte of its framing changed is never read as another body in silence', () => {
    fc.assert(
      fc.property(body, fc.nat(), fc.constantFrom('\0', '\n', '\r', ' ', 'g', ';', '-'), ({ wire }, at, byte) => {
        const position = at % wire.length;
        const bad = wire.slice(0, position) + byte + wire.slice(position + 1);
        const ours = whole(bad);
        let naive: string | undefined;
        try {
          naive = readChunked(bad)?.body;
        } catch (error) {
          if (!(error instanceof Error)) throw error;
        }
        if (ours.state === 'done') expect(ours.body).toBe(naive);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a wrong chunked body', () => {
  it.each([
    ['no size', '\r\n'],
    ['a sign', '+3\r\nabc\r\n'],
    ['0x', '0x3\r\nabc\r\n'],
    ['a space before the size', ' 3\r\nabc\r\n'],
    ['a space after the size', '3 \r\nabc\r\n'],
    ['a bare LF after the size', '3\nabc\r\n'],
    ['a bare CR after the size', '3\rabc\r\n'],
    ['too long a size', '00000000000003\r\nabc\r\n'],
    ['a size beyond 2^53', 'fffffffffffff0\r\n'],
    ['data that is longer than it says', '3\r\nabcd\r\n'],
    ['a bare LF after the data', '3\r\nabc\n0\r\n\r\n'],
    ['an empty extension', '3;\r\nabc\r\n'],
    ['an extension without a value', '3;a=\r\nabc\r\n'],
    ['an open quote', '3;a="b\r\nabc\r\n'],
    ['a NUL in an extension', '3;a="\0"\r\nabc\r\n'],
    ['a bare LF in an extension', '3;a\nb\r\nabc\r\n'],
    ['a trailer without a colon', '0\r\nabc\r\n\r\n'],
    ['a folded trailer', '0\r\na: b\r\n c\r\n\r\n'],
    ['a space before the colon of a trailer', '0\r\na : b\r\n\r\n'],
    ['a bare CR at the end', '0\r\n\r\r'],
  ])('with %s fails', (_, wire) => {
    expect(whole(wire).state).toBe('failed');
  });

  it('fails when its extensions or trailers do not end', () => {
    expect(whole(`3;${'a'.repeat(20_000)}`).state).toBe('failed');
    expect(whole(`0\r\nx: ${'a'.repeat(20_000)}`).state).toBe('failed');
    expect(whole('1;abcdefgh\r\nx\r\n'.repeat(3_000)).state).toBe('failed');
  });
});

describe('taking the framing off', () => {
  const taken = (wire: string, takes = true): { parts: string[]; open: boolean } => {
    const parts: string[] = [];
    const open = new ChunkedDecoder().decode(Buffer.from(wire), (part) => {
      parts.push(part.toString());
      return takes || parts.length > 1;
    });
    return { parts, open };
  };

  it('leaves the body, up to its end', () => {
    expect(taken('2\r\nab\r\n1\r\nc\r\n0\r\n\r\nmore')).toEqual({ parts: ['ab', 'c'], open: true });
  });

  it('ends on a body that is broken', () => {
    expect(taken('2\r\nab\r\nzz\r\nc')).toEqual({ parts: ['ab'], open: true });
  });

  it('says when one of the parts was too much', () => {
    expect(taken('2\r\nab\r\n1\r\nc\r\n', false)).toEqual({ parts: ['ab', 'c'], open: false });
  });
});

it('starts anew after reset, wherever it stood', () => {
  const decoder = new ChunkedDecoder();
  for (const before of ['3;a="b', '3\r\nab', '0\r\nx: y', 'zz']) {
    decode([Buffer.from(before)], decoder);
    decoder.reset();
    expect(decode([Buffer.from('3;x\r\nabc\r\n0\r\n\r\n')], decoder)).toMatchObject({ body: 'abc', state: 'done' });
    decoder.reset();
  }
});
