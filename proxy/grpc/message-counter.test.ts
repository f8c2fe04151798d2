import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MessageCounter } from './message-counter.ts';

function framed(payload: Uint8Array, compressed: boolean): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(payload.length, 1);
  return Buffer.concat([prefix, payload]);
}

it('messages are counted at any split of their bytes, empty ones too', () => {
  const message = fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.boolean());
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 90 })), (messages, cuts) => {
      const wire = Buffer.concat(messages.map(([payload, compressed]) => framed(payload, compressed)));
      const counter = new MessageCounter();
      let at = 0;
      for (const cut of cuts) {
        counter.read(wire.subarray(at, at + cut));
        at += cut;
      }
      counter.read(wire.subarray(at));
      expect(counter.messages).toBe(messages.length);
    }),
  );
});

it('a message of up to 4 GiB is one, by its length alone', () => {
  const counter = new MessageCounter();
  counter.read(Uint8Array.of(1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0));
  expect(counter.messages).toBe(1);
});
