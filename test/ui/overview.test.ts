/** The overview and the frame of every page, in a real browser over a fake control plane. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserTestsRun } from './browser.ts';
import { Stage } from './stage.ts';

describe.skipIf(!browserTestsRun())('overview', { timeout: 60_000 }, () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await Stage.open()), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  test('shows every service with its health in words', async () => {
    const { page, complaints } = await stage.visit('/');
    const rows = page.getByRole('table').getByRole('row');
    expect(await rows.count()).toBe(5);
    const ratings = rows.filter({ has: page.getByRole('rowheader', { name: 'ratings' }) });
    expect(await ratings.innerText()).toMatch(/(degraded|failing).*9[0-9]\.\d\d%/s);
    expect(await rows.filter({ hasText: 'search' }).innerText()).toContain('unknown');
    expect(complaints).toEqual([]);
  });

  test('shows a running experiment with its intended and its measured weight', async () => {
    const { page } = await stage.visit('/');
    const card = page.getByRole('article', { name: 'reviews-v2' });
    expect(await card.innerText()).toMatch(/PENDING.*50% intended.*\d\d(\.\d)?% measured/s);
    expect(await page.getByRole('article', { name: 'ratings-v3' }).innerText()).toContain('FAIL');
    expect(await page.getByRole('article', { name: 'ratings-v3' }).getByRole('button').count()).toBe(0);
  });

  test('shows why a proxy refused its configuration', async () => {
    const { page } = await stage.visit('/');
    const proxies = page.getByRole('region', { name: 'Proxies' });
    expect(await proxies.innerText()).toMatch(/4 connected, 1 out of sync.*ADDRESS_IN_USE/s);
  });

  test('aborts from the card with one press and no question', async () => {
    const { page, fake } = await stage.visit('/');
    await page.getByRole('button', { name: 'Abort reviews-v2' }).click();
    await page.getByRole('article', { name: 'reviews-v2' }).getByText('Rolled back').waitFor();
    expect(fake.asked.map((a) => `${a.method} ${a.path}`)).toEqual(['POST /api/v1/experiments/reviews-v2/abort']);
  });

  test('halts with the keys . and h, and says what stopped and how fast', async () => {
    const { page, fake } = await stage.visit('/');
    await page.keyboard.press('h');
    await page.keyboard.press('.');
    await page.keyboard.press('x');
    await page.keyboard.press('h');
    expect(fake.asked).toEqual([]);
    await page.keyboard.press('.');
    await page.keyboard.press('h');
    await page.getByText('Stopped reviews-v2; all traffic is on the baseline on 4 proxies, in 42 ms.').waitFor();
    expect(fake.asked.map((a) => a.path)).toEqual(['/api/v1/halt']);
  });

  test('halts from the button of every page', async () => {
    const { page, fake } = await stage.visit('/nowhere');
    await page.getByRole('button', { name: /^Halt/ }).click();
    await page.getByText(/Stopped reviews-v2/).waitFor();
    expect(fake.asked.map((a) => a.path)).toEqual(['/api/v1/halt']);
  });

  test('says that its values are old while the stream is cut, and recovers by itself', async () => {
    const { page, fake } = await stage.visit('/');
    fake.silence(true);
    await page.getByText(/Live data \d+ s old, reconnecting/).waitFor();
    expect(await page.locator('.stale-values').count()).toBe(1);
    fake.silence(false);
    await page.getByText('live', { exact: true }).waitFor();
    expect(await page.locator('.stale-values').count()).toBe(0);
  });

  test('shows the commands that lead to the first datum when there is nothing yet', async () => {
    const { page } = await stage.visit('/', {}, 'empty');
    const steps = page.getByRole('region', { name: 'From nothing to the first verdict' });
    expect(await steps.innerText()).toMatch(/bin\/meshproof up -f.*bin\/meshproof apply -f.*bin\/meshproof run/s);
  });

  test('keeps the chosen theme over a reload', async () => {
    const { page } = await stage.visit('/', { colorScheme: 'light' });
    const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    await page.getByRole('button', { name: /Change to light/ }).click();
    expect(await ground()).toBe(light);
    await page.getByRole('button', { name: /Change to dark/ }).click();
    const dark = await ground();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await ground()).toBe(dark);
  });

  test('stands still for those who ask for less motion', async () => {
    const { page } = await stage.visit('/', { reducedMotion: 'reduce' });
    expect(await page.evaluate('document.getAnimations().length')).toBe(0);
  });
});
