/** The page of an experiment, in a real browser over a fake control plane. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserTestsRun } from './browser.ts';
import { Stage } from './stage.ts';

/** How many pixels of each canvas are not transparent and neither grey nor white: lines in the arms' colours. */
const COLOURED = `[...document.querySelectorAll('.uplot canvas')].map((canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4)
    if (data[i + 3] > 128 && Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 60) n++;
  return n;
})`;

describe.skipIf(!browserTestsRun())('experiment page', { timeout: 60_000 }, () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await Stage.open()), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  test('shows the evidence of every metric with its rule and what is missing', async () => {
    const { page, complaints } = await stage.visit('/experiments/reviews-v2');
    const evidence = page.getByRole('region', { name: 'Evidence' });
    await evidence.getByRole('rowheader', { name: /success-rate/ }).waitFor();
    const text = await evidence.innerText();
    expect(text).toMatch(/latency p99.*tolerates \+10\.0%.*regressed.*of 200.*safe.*of 200/s);
    expect(text).toMatch(/≈ [\d,]+ more candidate requests, about \d+ (s|m)/);
    expect(await evidence.getByRole('img', { name: /tolerated up to \+0\.50 pp/ }).count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('draws six charts with both arms', async () => {
    const { page } = await stage.visit('/experiments/reviews-v2');
    await page.locator('.uplot').nth(5).waitFor();
    await expect.poll(() => page.evaluate(COLOURED)).toHaveLength(6);
    const coloured = await page.evaluate<number[]>(COLOURED);
    expect(Math.min(...coloured)).toBeGreaterThan(100);
    expect(await page.getByRole('img', { name: /Requests per second\. baseline \d+, candidate \d+/ }).count()).toBe(1);
  });

  test('shares its cursor between the charts', async () => {
    const { page } = await stage.visit('/experiments/checkout-v7?window=all');
    const plot = page.locator('.u-over');
    await plot.nth(5).waitFor();
    await plot.first().hover({ position: { x: 60, y: 40 } });
    const lefts = await page.evaluate<number[]>(
      "[...document.querySelectorAll('.u-cursor-x')].map((e) => new DOMMatrix(getComputedStyle(e).transform).e)",
    );
    expect(lefts).toHaveLength(6);
    expect(Math.min(...lefts)).toBeGreaterThan(10);
  });

  test('says between the decisions who was told, and who could not be', async () => {
    const { page, fake, complaints } = await stage.visit('/experiments/reviews-v2');
    const journal = page.getByRole('region', { name: 'Journal' });
    await journal
      .getByText(/declared/)
      .first()
      .waitFor();
    const now = new Date().toISOString();
    const delivery = { notification: 'team-chat', seq: 1, id: 'x-1', event: 'verdict', attempts: 1 } as const;
    const at = { madeAt: now, updatedAt: now };
    fake.deliver('reviews-v2', { ...delivery, state: 'waiting', says: '503: try later <b>', ...at });
    await journal.getByText('team-chat could not be told of "verdict" yet').waitFor();
    expect(await journal.innerText()).toContain('after 1 attempt: 503: try later <b>');
    fake.deliver('reviews-v2', { ...delivery, attempts: 2, state: 'delivered', says: '', ...at });
    await journal.getByText('team-chat was told of "verdict", after 2 attempts').waitFor();
    expect(await journal.innerText()).not.toContain('could not be told');
    expect(complaints).toEqual([]);
  });

  test('keeps the window of time in the address', async () => {
    const { page } = await stage.visit('/experiments/reviews-v2');
    await page.getByRole('radio', { name: '1m' }).check({ force: true });
    expect(new URL(page.url()).search).toBe('?window=1m');
    await page.reload();
    await page.getByRole('radio', { name: '1m' }).waitFor({ state: 'attached' });
    expect(await page.getByRole('radio', { name: '1m' }).isChecked()).toBe(true);
  });

  test('aborts with one press and no question', async () => {
    const { page, fake } = await stage.visit('/experiments/reviews-v2');
    await page.getByRole('button', { name: 'Abort reviews-v2', exact: true }).click();
    await page.getByRole('list', { name: 'Phases' }).getByText('Rolled back').waitFor();
    expect(fake.asked.map((a) => `${a.method} ${a.path}`)).toEqual(['POST /api/v1/experiments/reviews-v2/abort']);
    expect(await page.getByRole('region', { name: 'Journal' }).innerText()).toContain('aborted');
  });

  test('asks before it promotes, and sends the reason', async () => {
    const { page, fake } = await stage.visit('/experiments/reviews-v2');
    await page.getByRole('button', { name: 'Promote now …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Promote v2 now?' });
    expect(await dialog.innerText()).toMatch(/All traffic of reviews goes to v2\. The verdict is PENDING/);
    expect(fake.asked).toEqual([]);
    await dialog.getByLabel('Reason, for the journal').pressSequentially('hotfix .h');
    await dialog.getByRole('button', { name: 'Promote v2 to 100%' }).click();
    await page.getByRole('list', { name: 'Phases' }).locator('[aria-current=step]', { hasText: 'Promoted' }).waitFor();
    expect(fake.asked.map((a) => a.path)).toEqual(['/api/v1/experiments/reviews-v2/promote']);
    expect(fake.asked[0]?.body).toBe('{"reason":"hotfix .h"}');
  });

  test('asks before it approves the step that waits, and sends the reason', async () => {
    const { page, fake } = await stage.visit('/experiments/reviews-v2');
    const banner = page.getByRole('main');
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Approve …' }).count()).toBe(0);
    fake.askForApproval('reviews-v2');
    await banner.getByText('Waits for approval').waitFor();
    await page.getByRole('button', { name: 'Approve …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Let reviews-v2 go on?' });
    expect(await dialog.innerText()).toContain('step 4 waits for a person to approve it');
    await dialog.getByLabel('Reason, for the journal').fill('seen on staging');
    await dialog.getByRole('button', { name: 'Approve', exact: true }).click();
    await banner.getByText('Waits for approval').waitFor({ state: 'detached' });
    expect(fake.asked[0]).toMatchObject({
      path: '/api/v1/experiments/reviews-v2/approve',
      body: '{"reason":"seen on staging"}',
    });
    expect(await page.getByRole('region', { name: 'Journal' }).innerText()).toContain('approved by a person');
  });

  test('pauses with one press, says so, and resumes', async () => {
    const { page, fake } = await stage.visit('/experiments/reviews-v2');
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).waitFor();
    expect(await page.getByRole('main').innerText()).toContain('Paused');
    expect(await page.getByRole('region', { name: 'From the command line' }).innerText()).toContain(
      'resume reviews-v2',
    );
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    expect(fake.asked.map((a) => a.path.split('/').at(-1))).toEqual(['pause', 'resume']);
  });

  test('shows the declaration and the command of every button', async () => {
    const { page } = await stage.visit('/experiments/reviews-v2');
    expect(await page.getByRole('region', { name: 'Declaration' }).innerText()).toContain('hold: {min: 45s, max: 10m}');
    const commands = await page.getByRole('region', { name: 'From the command line' }).innerText();
    for (const verb of ['promote reviews-v2', 'abort reviews-v2', 'halt'])
      expect(commands).toContain(`bin/meshproof ${verb}`);
  });

  test('leads from the overview to the experiment and back by the history', async () => {
    const { page, base } = await stage.visit('/');
    await page.getByRole('link', { name: 'ratings-v3' }).click();
    await page.getByRole('heading', { level: 1, name: 'ratings-v3' }).waitFor();
    expect(page.url()).toBe(`${base}/experiments/ratings-v3`);
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  });

  test('says what to run when there is no such experiment', async () => {
    const { page } = await stage.visit('/experiments/nope');
    await page.getByText('There is no experiment of this name').waitFor();
    expect(await page.getByRole('main').innerText()).toContain('bin/meshproof run');
  });
});
