import { describe, expect, it } from 'vitest';
import { safeTrailers } from './trailers.ts';

describe('trailers of a request', () => {
  it('go on as they came, but for those that would have to be known before the body', () => {
    const lines = 'X-Sum: 1\r\nContent-Length: 3\r\nhost: a\r\ngrpc-status: 0\r\nAuthorization: x\r\n';
    expect(safeTrailers(lines)).toBe('X-Sum: 1\r\ngrpc-status: 0\r\n');
  });

  it('may be none', () => {
    expect(safeTrailers('')).toBe('');
  });
});
