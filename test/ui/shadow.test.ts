/** The page of a shadow, in a real browser over a fake control plane. */
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { Drive, traffic } from '../../experiments/testing/drive.ts';
import { browserTestsRun } from './browser.ts';
import { Stage } from './stage.ts';

/** A run in virtual time, whose candidate has some prices wrong. */
async function shadowed(wrongPrices: number): Promise<ExperimentView> {
  const drive = new Drive(traffic({ v1: { errorRate: 0 }, v2: { errorRate: 0, wrongPrices } }));
  await drive.start({}, 'Shadow');
  await drive.until(() => drive.ended);
  return drive.view;
}

describe.skipIf(!browserTestsRun())('page of a shadow', { timeout: 60_000 }, () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await Stage.open()), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  test.each([1_280, 360])(
    'lists the fields that differ, with examples, and can be read at %d pixels',
    async (width) => {
      const { id: _, ...view } = await shadowed(0.05);
      const options = { viewport: { width, height: 900 } };
      const { page, fake, complaints } = await stage.visit('/experiments/reviews-v2', options);
      fake.change('reviews-v2', view);
      const fields = page.getByRole('region', { name: 'Fields' });
      await fields.getByRole('rowheader', { name: 'body.price' }).waitFor();
      const text = await fields.innerText();
      expect(text).toMatch(/[\d,]+ requests copied, [\d,]+ answers compared, 0 comparisons dropped/);
      expect(text).toMatch(/1995\s+→\s+0\s+GET \/reviews\/7/);
      expect(text).toMatch(/1 more field differs by itself, and no more often in the candidate/);
      expect(await page.getByRole('button', { name: /Promote/ }).count()).toBe(0);
      expect(complaints).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    },
  );

  test('says that no field differs when none does', async () => {
    const { id: _, ...view } = await shadowed(0);
    const { page, fake } = await stage.visit('/experiments/reviews-v2');
    fake.change('reviews-v2', view);
    const fields = page.getByRole('region', { name: 'Fields' });
    await fields.getByText('No field differs beyond what it does by itself.').waitFor();
  });
});
