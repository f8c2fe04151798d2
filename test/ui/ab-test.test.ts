/** The page of an A/B test, in a real browser over a fake control plane. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { Drive, traffic } from '../../experiments/testing/drive.ts';
import { browserTestsRun } from './browser.ts';
import { Stage } from './stage.ts';

/** A test in virtual time. @param goalRate - of the second arm; the first has 10 % */
async function tested(goalRate: number, forMs: number): Promise<ExperimentView> {
  const drive = new Drive(traffic({ v1: { goalRate: 0.1 }, v2: { goalRate } }));
  await drive.start({}, 'ABTest');
  await drive.until(() => drive.ended, forMs);
  return drive.view;
}

describe.skipIf(!browserTestsRun())('page of an A/B test', { timeout: 60_000 }, () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await Stage.open()), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  test.each([1_280, 360])('shows users, goals and the winner, and can be read at %d pixels', async (width) => {
    const { id: _, ...view } = await tested(0.3, 300_000);
    const options = { viewport: { width, height: 900 } };
    const { page, fake, complaints } = await stage.visit('/experiments/reviews-v2', options);
    fake.change('reviews-v2', view);
    const progress = page.getByRole('region', { name: 'Progress' });
    await progress.getByText(/^v2 wins in signup: \+\d+(\.\d)?% against v1$/).waitFor();
    const split = await progress.getByRole('list', { name: 'Users by arm' }).innerText();
    expect(split).toMatch(/v1 (4|5)\d(\.\d)?%, 50% asked\s+v2 (4|5)\d(\.\d)?%, 50% asked/);
    expect(await progress.innerText()).toMatch(/Reached signup\s+\d/);
    const arms = page.getByRole('region', { name: 'Arms' });
    expect(await arms.getByRole('rowheader', { name: 'v2' }).innerText()).toContain('winner');
    await arms.getByRole('img', { name: /^effect \+\d.*, interval \+?\d/ }).waitFor();
    expect(complaints).toEqual([]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
  });

  test('says that nobody has won yet, and lets a person pause it', async () => {
    const { id: _, ...view } = await tested(0.1, 10_000);
    const { page, fake } = await stage.visit('/experiments/reviews-v2');
    fake.change('reviews-v2', view);
    await page.getByRole('region', { name: 'Progress' }).getByText('No winner in signup yet').waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await expect.poll(() => fake.asked.map((a) => a.path)).toEqual(['/api/v1/experiments/reviews-v2/pause']);
  });
});
