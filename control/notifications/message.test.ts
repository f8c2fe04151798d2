import { describe, expect, it } from 'vitest';
import { NotificationSpec } from '../../contracts/notification.ts';
import type { NotificationEvent } from '../../contracts/notification.ts';
import type { JournalEntry } from '../../contracts/experiment.ts';
import { JOURNAL_TYPES } from '../../experiments/journal-types.ts';
import { eventsOf, isWanted } from './event-of.ts';
import { messageOf } from './message.ts';
import { pauseAfter } from './pause.ts';

const ABOUT = { experiment: 'reviews-v2', kind: 'Canary', service: 'reviews', baseline: 'v1', candidate: 'v2' };
const EVENT: NotificationEvent = {
  id: 'exp_1-7',
  event: 'verdict',
  at: '2026-03-01T12:00:00.000Z',
  run: 'exp_1',
  ...ABOUT,
  phase: 'rolling-back',
  verdict: 'FAIL',
  decision: 'verdict',
  message: 'rolled back: 9 % < 10 & <!channel> failed',
};

function entry(seq: number, type: string, state?: { phase: string; verdict: string }): JournalEntry {
  return { experimentId: 'exp_1', seq, at: EVENT.at, type, message: `m${seq}`, data: state ? { state } : {} };
}

describe('the events of a journal', () => {
  it('have an id that is made of the run and the entry, and stand as the run stood when it was written', () => {
    const state = { phase: 'stepping', verdict: 'PENDING' };
    const events = eventsOf([entry(3, 'step'), entry(4, 'checkpoint'), entry(5, 'waiting', state)], ABOUT);
    expect(events.map(({ id, event, phase, verdict }) => [id, event, phase, verdict])).toEqual([
      ['exp_1-3', 'step', 'stepping', 'PENDING'],
      ['exp_1-5', 'waiting', 'stepping', 'PENDING'],
    ]);
  });

  it('never carry what else an entry holds', () => {
    const full = {
      ...entry(1, 'verdict'),
      data: { state: { phase: 'p', verdict: 'FAIL', token: 'hush' }, says: 'hush' },
    };
    expect(JSON.stringify(eventsOf([full], ABOUT))).not.toContain('hush');
  });

  it('are made of every type of entry, but for those that say nothing to others', () => {
    const silent = Object.keys(JOURNAL_TYPES).filter((type) => eventsOf([entry(0, type)], ABOUT).length === 0);
    expect(silent).toEqual(['joined', 'resumed', 'done', 'checkpoint']);
  });

  it('are told to those who asked for them', () => {
    const spec = (more: Record<string, unknown>): NotificationSpec =>
      NotificationSpec.parse({ format: 'json', url: 'https://x.example/', ...more });
    expect(isWanted(spec({}), EVENT)).toBe(true);
    expect(isWanted(spec({}), { ...EVENT, event: 'step' })).toBe(false);
    expect(isWanted(spec({ events: ['ended'] }), EVENT)).toBe(false);
    expect(isWanted(spec({ services: ['cart', 'reviews'] }), EVENT)).toBe(true);
    expect(isWanted(spec({ services: ['cart'] }), EVENT)).toBe(false);
    expect(isWanted(spec({ experiments: ['reviews-v3'] }), EVENT)).toBe(false);
  });
});

describe('a message', () => {
  it('for Slack is a text that calls nobody and links nowhere, with the colour of the verdict', () => {
    const { id, contentType, body } = messageOf('slack', EVENT);
    expect([id, contentType]).toEqual(['exp_1-7', 'application/json; charset=utf-8']);
    expect(JSON.parse(body)).toEqual({
      text: '*reviews-v2* (Canary of reviews, v1 → v2): rolled back: 9 % &lt; 10 &amp; &lt;!channel&gt; failed',
      attachments: [
        {
          color: '#c62828',
          fallback: expect.stringContaining('reviews-v2') as string,
          fields: [
            { title: 'Verdict', value: 'FAIL', short: true },
            { title: 'Phase', value: 'rolling-back', short: true },
          ],
          footer: 'exp_1',
          ts: 1_772_366_400,
        },
      ],
    });
  });

  it('as a CloudEvent has every attribute that the specification requires, in structured mode', () => {
    const { id, contentType, body } = messageOf('cloudevents', EVENT);
    expect([id, contentType]).toEqual(['exp_1-7', 'application/cloudevents+json; charset=utf-8']);
    const { data, ...attributes } = JSON.parse(body) as { data: unknown };
    expect(attributes).toEqual({
      specversion: '1.0',
      id: 'exp_1-7',
      source: '/meshproof/experiments/reviews-v2',
      type: 'dev.meshproof.experiment.verdict',
      subject: 'exp_1',
      time: '2026-03-01T12:00:00.000Z',
      datacontenttype: 'application/json',
    });
    expect(data).toMatchObject({ verdict: 'FAIL', candidate: 'v2', message: EVENT.message });
    for (const name of Object.keys(attributes)) expect(name, 'attribute names').toMatch(/^[a-z0-9]{1,20}$/);
  });

  it('as JSON is the event', () => {
    expect(JSON.parse(messageOf('json', EVENT).body)).toEqual(EVENT);
  });
});

describe('the pause after a failure', () => {
  it('doubles up to a minute, with jitter, and is never shorter than what the receiver asks for', () => {
    expect([0, 1, 2, 5, 6, 100].map((n) => pauseAfter(n, null, 0.5))).toEqual([1e3, 2e3, 4e3, 32e3, 60e3, 60e3]);
    expect([pauseAfter(0, null, 0), pauseAfter(0, null, 1)]).toEqual([500, 1_500]);
    expect(pauseAfter(0, 120_000, 0.5)).toBe(120_000);
    expect(pauseAfter(0, 86_400_000, 0.5)).toBe(900_000);
  });
});
