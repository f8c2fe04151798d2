import { expect, test } from 'vitest';
import type { DeliveryView } from '../../contracts/notification.ts';
import { deliverySentence, mergeDeliveries, timelineOf } from './deliveries.ts';

const at = (second: number): string => `2026-01-01T00:00:0${second}.000Z`;
const entry = (seq: number, type = 'step') => ({ experimentId: 'x', seq, at: at(seq), type, message: type, data: {} });
const delivery = (more: Partial<DeliveryView> = {}): DeliveryView => ({
  notification: 'team-chat',
  experimentId: 'x',
  seq: 1,
  id: 'x-1',
  event: 'verdict',
  state: 'delivered',
  attempts: 1,
  says: '',
  madeAt: at(1),
  updatedAt: at(2),
  ...more,
});

test('a delivery is said in a sentence, with what failed, and nothing is said of one that was not tried', () => {
  expect(deliverySentence(delivery())).toBe('team-chat was told of "verdict"');
  expect(deliverySentence(delivery({ attempts: 3 }))).toBe('team-chat was told of "verdict", after 3 attempts');
  expect(deliverySentence(delivery({ state: 'waiting', attempts: 2, says: '503' }))).toBe(
    'team-chat could not be told of "verdict" yet, and is tried again after 2 attempts: 503',
  );
  expect(deliverySentence(delivery({ state: 'given-up', says: '410: gone' }))).toBe(
    'team-chat could not be told of "verdict", and is not tried again after 1 attempt: 410: gone',
  );
  expect(deliverySentence(delivery({ state: 'waiting', attempts: 0 }))).toBeNull();
});

test('deliveries stand between the decisions, at the time of their last change', () => {
  const lines = timelineOf([entry(1), entry(2), entry(3), entry(4, 'done')], [delivery()]);
  expect(lines.map((line) => line.key)).toEqual(['1', '2', 'team-chat/1', '3']);
});

test('a message that comes late does not take the place of a newer one', () => {
  const failed = delivery({ state: 'waiting', says: '503' });
  const arrived = delivery({ attempts: 2, updatedAt: at(4) });
  expect(mergeDeliveries([arrived], [failed])).toEqual([arrived]);
  expect(mergeDeliveries([failed], [arrived, delivery({ notification: 'ci' })])).toHaveLength(2);
});
