import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameCounter } from './frame-counter.ts';
import { closeKey, durationKey, webSocketLoad } from './web-socket-load.ts';
import { WebSocketMeter } from './web-socket-meter.ts';

type Frame = { readonly opcode: number; readonly fin: boolean; readonly masked: boolean; readonly payload: Buffer };

/** RFC 6455 5.2, written for the test. */
function wire({ opcode, fin, masked, payload }: Frame): Buffer {
  const { length } = payload;
  const size =
    length < 126
      ? Buffer.of(length)
      : length < 65_536
        ? Buffer.concat([Buffer.of(126), uint(length, 2)])
        : Buffer.concat([Buffer.of(127), uint(0, 2), uint(length, 6)]);
  size[0] = (size[0] ?? 0) | (masked ? 0x80 : 0);
  const mask = Buffer.of(7, 77, 177, 251);
  const body = masked ? payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0)) : payload;
  return Buffer.concat([Buffer.of((fin ? 0x80 : 0) | opcode), size, masked ? mask : Buffer.of(), body]);
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

const close = (code: number, masked = false): Buffer =>
  wire({ opcode: 8, fin: true, masked, payload: Buffer.concat([uint(code, 2), Buffer.from('bye')]) });

describe('FrameCounter', () => {
  const frame = fc.record({
    opcode: fc.constantFrom(0, 1, 2, 9, 10),
    fin: fc.boolean(),
    masked: fc.boolean(),
    payload: fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536).map((size) => Buffer.alloc(size, 0x81)),
  });

  it('counts messages, not frames and not control frames, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.boolean(),
        (frames, cuts, masked) => {
          const bytes = Buffer.concat([...frames.map(wire), close(4_321, masked), Buffer.from('not counted')]);
          const counter = new FrameCounter();
          const at = [...new Set([0, ...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b);
          let told = 0;
          for (let i = 1; i < at.length; i++) told += counter.read(bytes.subarray(at[i - 1], at[i]));
          expect(counter.messages).toBe(frames.filter(({ opcode, fin }) => opcode < 8 && fin).length);
          expect([told, counter.closeCode]).toEqual([counter.messages, 4_321]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('takes a close frame without a code for 1005', () => {
    const counter = new FrameCounter();
    counter.read(Buffer.of(0x88, 0));
    expect(counter.closeCode).toBe(1_005);
  });

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void new FrameCounter().read(bytes)));
  });
});

describe('WebSocketMeter', () => {
  it('counts while it is open, and tells at its end who closed first, with which code, and after how long', () => {
    const load = webSocketLoad('chat', 'v1');
    const meter = new WebSocketMeter(load, 500);
    meter.toEndpoint(wire({ opcode: 1, fin: true, masked: true, payload: Buffer.from('hello') }));
    expect(load).toMatchObject({ opened: 1, open: 1, toEndpoint: { bytes: 11, messages: 1 } });
    meter.fromEndpoint(close(1_011));
    meter.toEndpoint(close(1_000, true));
    meter.end(2_000);
    expect([meter.closedBy, meter.closeCode]).toEqual(['endpoint', 1_011]);
    expect(load).toMatchObject({ open: 0, durationSumMs: 2_000 });
    expect([load.closes['endpoint 1011'], load.durations['10']]).toEqual([1, 1]);
  });

  it('has a bound of labels whatever codes come', () => {
    const load = webSocketLoad('chat', 'v1');
    const known = Object.keys(load.closes);
    fc.assert(
      fc.property(fc.constantFrom('client', 'endpoint', 'nobody'), fc.integer({ min: 0, max: 65_535 }), (by, code) => {
        expect(known).toContain(closeKey(by as 'client', code));
      }),
    );
    expect(Object.keys(load.durations)).toEqual(expect.arrayContaining([durationKey(0), durationKey(1e12)]));
  });
});
