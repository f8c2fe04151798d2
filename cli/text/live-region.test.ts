import { describe, expect, it } from 'vitest';
import { LiveRegion } from './live-region.ts';

function region(columns = 80) {
  let written = '';
  let nowMs = 0;
  const live = new LiveRegion({ write: (t) => (written += t), columns: () => columns }, () => nowMs);
  return {
    live,
    after: (ms: number) => {
      nowMs += ms;
    },
    take: () => {
      const text = written;
      written = '';
      return text;
    },
  };
}

describe('a live region', () => {
  it('draws at most five times a second', () => {
    const { live, after, take } = region();
    live.draw('a\n');
    after(199);
    live.draw('b\n');
    expect(take()).toBe('a\n');
    after(1);
    live.draw('c\n');
    expect(take()).toBe('\x1b[1A\r\x1b[Jc\n');
  });

  it('goes back over lines that wrapped', () => {
    const { live, after, take } = region(10);
    live.draw(`${'x'.repeat(25)}\ny\n`);
    take();
    after(200);
    live.draw('z\n');
    expect(take()).toBe('\x1b[4A\r\x1b[Jz\n');
  });

  it('keeps printed lines above itself', () => {
    const { live, take } = region();
    live.draw('bar\n');
    take();
    live.print('kept\n');
    expect(take()).toBe('\x1b[1A\r\x1b[Jkept\nbar\n');
  });

  it('leaves nothing behind', () => {
    const { live, take } = region();
    live.draw('one\ntwo\n');
    take();
    live.close();
    expect(take()).toBe('\x1b[2A\r\x1b[J');
  });
});
