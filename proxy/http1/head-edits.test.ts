import { describe, expect, it } from 'vitest';
import { RequestHead } from './head.ts';
import { HeadEdits } from './head-edits.ts';
import { parseRequestHead } from './parse-request.ts';
import { writeRequestHead } from './write-head.ts';

function write(text: string, changes: HeadEdits): string {
  const head = new RequestHead();
  parseRequestHead(head, text, 0);
  return writeRequestHead(head, { added: '', fallbackHost: 'shop', upgrade: false, keepExpect: false, changes });
}

describe('HeadEdits', () => {
  it('replaces a field whatever its case, and leaves the others as they came', () => {
    const edits = new HeadEdits();
    edits.set('X-Old', '2');
    expect(write('GET / HTTP/1.1\r\nHost: a\r\nx-old: 1\r\nX-Kept:  v \r\n\r\n', edits)).toBe(
      'GET / HTTP/1.1\r\nHost: a\r\nX-Kept:  v \r\nX-Old: 2\r\n\r\n',
    );
  });

  it('gives the endpoint another target and host', () => {
    const edits = new HeadEdits();
    edits.target = '/new?q=1';
    edits.host = 'b.example';
    expect(write('GET /old HTTP/1.1\r\nHost: a\r\n\r\n', edits)).toBe(
      'GET /new?q=1 HTTP/1.1\r\nhost: b.example\r\n\r\n',
    );
  });

  it('takes back what was set before, and can be applied to the next attempt again', () => {
    const edits = new HeadEdits();
    edits.append('x-a', '1');
    edits.remove('X-A');
    const text = 'GET / HTTP/1.1\r\nHost: a\r\nx-a: 0\r\n\r\n';
    expect(write(text, edits)).toBe('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(write(text, edits)).toBe('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });
});
