/** Every screen: no axe violation in light and dark, no sideways scroll at 360 px, no breach of the content policy. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { browserTestsRun } from './browser.ts';
import { Stage } from './stage.ts';
import type { Visit } from './stage.ts';

const MOST_SCRIPT_BYTES = 150 * 1024;

type Screen = {
  readonly name: string;
  readonly open: (stage: Stage, scheme: 'light' | 'dark', width: number) => Promise<Visit>;
};

function screen(name: string, path: string, ready: string, then?: (visit: Visit) => Promise<void>): Screen {
  return {
    name,
    open: async (stage, colorScheme, width) => {
      const options = { colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' } as const;
      const visit = await stage.visit(path, options, name === 'empty overview' ? 'empty' : 'busy');
      await visit.page.getByText(ready).first().waitFor();
      await then?.(visit);
      return visit;
    },
  };
}

const SCREENS: readonly Screen[] = [
  screen('overview', '/', 'reviews-v2'),
  screen('empty overview', '/', 'From nothing to the first verdict'),
  screen('stale overview', '/', 'reviews-v2', async ({ page, fake }) => {
    fake.silence(true);
    await page
      .getByText(/reconnecting\.$/)
      .first()
      .waitFor();
  }),
  screen('running experiment', '/experiments/reviews-v2', 'Requests per second'),
  screen('failed experiment', '/experiments/ratings-v3?window=all', 'Requests per second'),
  screen('passed experiment', '/experiments/checkout-v7', 'Requests per second'),
  screen('promote dialog', '/experiments/reviews-v2', 'Requests per second', async ({ page }) => {
    await page.getByRole('button', { name: 'Promote now …' }).click();
    await page.getByRole('dialog').waitFor();
  }),
  screen('notice', '/', 'reviews-v2', async ({ page }) => {
    await page.getByRole('button', { name: /^Halt/ }).click();
    await page.getByText(/^Stopped/).waitFor();
  }),
  screen('not found', '/nowhere', 'Nothing is at this address'),
];

/** Each scheme opens at its width, and is then stretched or squeezed. */
const VIEWS = [
  ['light', 1440, 360],
  ['dark', 360, 1600],
] as const;

async function violations(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} ${n.failureSummary ?? ''}`));
}

describe.skipIf(!browserTestsRun())('every screen', { timeout: 120_000 }, () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await Stage.open()), 120_000);
  afterEach(() => stage.clear());
  afterAll(() => stage.close());

  for (const { name, open } of SCREENS) {
    for (const [scheme, width, then] of VIEWS)
      test(`${name}, ${scheme}, ${width} px: no axe violation, no sideways scroll, nothing against the policy`, async () => {
        const { page, complaints } = await open(stage, scheme, width);
        expect(await violations(page)).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        await page.setViewportSize({ width: then, height: 900 });
        await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(then);
        // A refused reconnect is what the stale screen is about.
        expect(complaints.filter((c) => !c.includes('WebSocket'))).toEqual([]);
      });
  }

  test('axe does find a violation that is put there', async () => {
    const { page } = await stage.visit('/nowhere');
    await page.evaluate("document.querySelector('main').append(document.createElement('button'))");
    expect(await violations(page)).not.toEqual([]);
  });

  test('the policy does stop an inline style', async () => {
    const { page, complaints } = await stage.visit('/nowhere');
    await page.evaluate("document.querySelector('main').innerHTML = '<p style=\"color: red\">x</p>'");
    await expect.poll(() => complaints.join()).toMatch(/style/);
  });

  test('the first script is within its budget of 150 KB gzip', async () => {
    const assets = join(stage.folder, 'assets');
    const scripts = (await readdir(assets)).filter((file) => file.endsWith('.js'));
    const contents = await Promise.all(scripts.map((file) => readFile(join(assets, file))));
    const bytes = contents.reduce((sum, content) => sum + gzipSync(content).length, 0);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);
  });
});
