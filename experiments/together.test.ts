import { describe, expect, it } from 'vitest';
import { crossCheck } from '../contracts/validate.ts';
import { JOURNAL_TYPES } from './journal-types.ts';
import { declare } from './testing/drive.ts';
import { Pair } from './testing/pair.ts';

const REVIEWS = { together: ['ratings'] };
/** Needs longer for its step than the other one. */
const RATINGS = { together: ['reviews'], hold: { min: '20s', max: '60s' } };

async function pair(reviews = {}, ratings = {}): Promise<Pair> {
  const both = new Pair();
  await both.start('reviews', { ...REVIEWS, ...reviews });
  await both.start('ratings', { ...RATINGS, ...ratings });
  return both;
}
const BOTH_NEW = { reviews: 'v2', ratings: 'v2' };
const BOTH_OLD = { reviews: 'v1', ratings: 'v1' };

describe('releases together', () => {
  it('are promoted when the last of them may be, and not before', async () => {
    const both = await pair();
    await both.until(() => both.view('reviews').waitsFor === 'others');
    expect(both.view('reviews')).toMatchObject({ phase: 'stepping', stepIndex: 1 });
    expect(both.view('reviews').reason).toBe('the promotion waits for ratings');
    expect(both.view('ratings').stepIndex).toBe(0);
    expect(both.stable).toEqual(BOTH_OLD);
    await both.until(() => both.view('ratings').phase === 'promoting');
    expect(both.view('reviews').phase).toBe('promoting');
    await both.until(() => both.ended);
    for (const name of ['reviews', 'ratings']) {
      expect(both.view(name)).toMatchObject({ phase: 'promoted', verdict: 'PASS' });
      expect(both.types(name)).toContain('joined');
      for (const type of both.types(name)) expect(JOURNAL_TYPES).toHaveProperty(type);
    }
    expect(both.stable).toEqual(BOTH_NEW);
    expect(both.overlays.size).toBe(0);
  });

  it('stand ready for each other only when their webhooks have said yes', async () => {
    for (const kind of ['Canary', 'BlueGreen'] as const) {
      const both = new Pair();
      both.reply = { answer: 'no', says: 'not yet' };
      const at = kind === 'Canary' ? 'before-promotion' : 'before-step';
      const hook = { name: 'ci', at, url: 'https://ci.example', onNo: 'wait', interval: '1s' };
      const verify = kind === 'Canary' ? {} : { verify: { share: 10, min: '2s', max: '60s' }, preview: undefined };
      await both.start('reviews', { ...REVIEWS, ...verify, webhooks: [hook] }, kind);
      await both.start('ratings', { together: ['reviews'], ...verify }, kind);
      if (kind === 'BlueGreen') {
        await both.until(() => both.view('reviews').waitsFor === 'webhook');
        both.reply = { answer: 'yes', says: '' };
        await both.until(() => both.view('reviews').phase === 'previewing');
        both.reply = { answer: 'no', says: 'not yet' };
      }
      await both.until(() => both.view('ratings').waitsFor === 'others');
      await both.until(() => both.view('reviews').waitsFor === 'webhook');
      await both.until(() => false, 10_000);
      expect(both.view('reviews').waitsFor, kind).toBe('webhook');
      expect(both.view('ratings').waitsFor, kind).toBe('others');
      expect(both.stable).toEqual(BOTH_OLD);
      both.reply = { answer: 'yes', says: '' };
      await both.until(() => both.ended);
      expect(both.stable, kind).toEqual(BOTH_NEW);
    }
  });

  it('are rolled back together when one fails, and each says which', async () => {
    const both = await pair();
    await both.until(() => both.view('reviews').waitsFor === 'others');
    both.errorRate['ratings'] = 0.5;
    await both.until(() => both.ended);
    expect(both.view('ratings')).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(both.view('reviews')).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE', haltedBy: null });
    expect(both.view('reviews').reason).toMatch(/^rolled back with ratings: rolled back: .* candidate requests failed/);
    expect(both.stable).toEqual(BOTH_OLD);
    expect(both.overlays.size).toBe(0);
  });

  it('go back together after the promotion too: none has ended while another is watched', async () => {
    const both = await pair({ watch: { for: '2s' } }, { watch: { for: '60s' } });
    await both.until(() => both.view('ratings').phase === 'watching');
    await both.until(() => false, 20_000);
    expect(both.view('reviews').phase).toBe('watching');
    both.errorRate['ratings'] = 0.5;
    await both.until(() => both.ended);
    expect(both.view('ratings')).toMatchObject({ phase: 'rolled-back', verdict: 'FAIL' });
    expect(both.view('reviews')).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(both.stable).toEqual(BOTH_OLD);
  });

  it('go back together when a person aborts one of them', async () => {
    const both = await pair();
    await both.until(() => both.view('reviews').phase === 'stepping');
    await both.runner.abort('ratings', 'ada', 'no');
    await both.until(() => both.ended);
    expect(both.view('reviews').reason).toBe('rolled back with ratings: aborted by ada: no');
  });

  it('wait for one that is not declared yet, until the deadline', async () => {
    const alone = new Pair();
    await alone.start('reviews', { ...REVIEWS, onInconclusive: 'promote', deadline: '60s' });
    await alone.until(() => alone.ended);
    expect(alone.view('reviews')).toMatchObject({ phase: 'rolled-back', verdict: 'INCONCLUSIVE' });
    expect(alone.view('reviews').reason).toMatch(/^rolled back: the others were not ready in time: the deadline/);
    expect(alone.stable).toEqual(BOTH_OLD);
  });

  it('switch together as BlueGreen', async () => {
    const both = new Pair();
    const spec = { preview: undefined, verify: { share: 20, min: '2s', max: '60s' }, warm: '10s' };
    await both.start('reviews', { ...REVIEWS, ...spec }, 'BlueGreen');
    await both.start('ratings', RATINGS);
    await both.until(() => both.view('reviews').waitsFor === 'others');
    expect(both.view('reviews').phase).toBe('previewing');
    await both.until(() => both.view('reviews').phase === 'switched');
    expect(both.view('ratings').phase).toBe('promoting');
    both.errorRate['reviews'] = 1;
    await both.until(() => both.ended);
    expect(both.view('ratings').reason).toMatch(/^rolled back with reviews/);
    expect(both.stable).toEqual(BOTH_OLD);
  });

  it.each([0, 0.5])(
    'end alike wherever the control plane is killed, with %s errors in one of them',
    { timeout: 60_000 },
    async (errorRate) => {
      const ends = new Set<string | undefined>();
      for (let killAt = 0; killAt < 200; killAt += 7) {
        const both = await pair({ watch: { for: '3s' } }, { hold: { min: '8s', max: '60s' }, watch: { for: '5s' } });
        for (let i = 0; i < killAt; i++) await both.tick();
        if (killAt > 20) both.errorRate['ratings'] = errorRate;
        await both.restart();
        await both.until(() => both.ended);
        expect(both.stable['reviews'], `killed at tick ${killAt}`).toBe(both.stable['ratings']);
        expect(both.overlays.size).toBe(0);
        ends.add(both.stable['reviews']);
      }
      // The errors come when some of the runs have ended already.
      expect([...ends].sort()).toEqual(errorRate > 0 ? ['v1', 'v2'] : ['v2']);
    },
  );
});

describe('a release that is to go together with others', () => {
  it('is refused when one of them does not name it', async () => {
    const both = new Pair();
    await both.start('reviews', REVIEWS);
    await expect(both.start('ratings', {})).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
      detail: expect.stringContaining('reviews is released together with ratings; name it here'),
    });
    await expect(both.start('ratings', { together: ['reviews', 'third'] })).rejects.toMatchObject({
      detail: expect.stringContaining('reviews does not name third in its own `together`'),
    });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['it names itself', { together: ['a'] }, {}],
    ['does not name a in its own', { together: ['b'] }, {}],
    ['one of a and b comes after', { together: ['b'], after: ['b'] }, { together: ['a'] }],
    ['b is a release of reviews too', { together: ['b'] }, { together: ['a'], service: 'reviews' }],
  ])('is refused with its file: %s', (message, a, b) => {
    const of = (name: string, spec: Record<string, unknown>) => ({
      ...declare('Canary', { ...(name === 'b' ? { service: 'ratings' } : {}), ...spec }).document,
      metadata: { name },
    });
    const issues = crossCheck([of('a', a), of('b', b)]);
    expect(issues[0]).toMatchObject({ index: 0, path: ['spec', 'together', 0] });
    expect(issues[0]?.message).toContain(message);
  });
});
