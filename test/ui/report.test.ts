/** The HTML report, and the JUnit file, as a browser reads them. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { htmlReport } from '../../cli/report/html.ts';
import { junitReport } from '../../cli/report/junit.ts';
import { reportOf } from '../../cli/report/model.ts';
import type { Report } from '../../cli/report/model.ts';
import { BAD, chained, drivenJournal } from '../../cli/testing/journals.ts';
import { verifyChain } from '../../experiments/verify-chain.ts';
import { browserTestsRun, launch } from './browser.ts';

const HOSTILE = `"><img src="http://127.0.0.1:9/x" onerror="document.title='taken'"><script>document.title='taken'</script>&\u0001`;

let browser: Browser;
let report: Report;

async function open(
  colorScheme: 'light' | 'dark',
  width: number,
  shown = report,
): Promise<{ page: Page; asked: string[] }> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const asked: string[] = [];
  page.on('request', (request) => void asked.push(request.url()));
  await page.setContent(htmlReport(shown), { waitUntil: 'load' });
  return { page, asked };
}

async function hostileReport(): Promise<Report> {
  const entries = await drivenJournal(BAD);
  const renamed = entries.map((entry) => {
    const text = JSON.stringify(entry.data).replaceAll(/"(reviews(-v2)?|success-rate)"/g, JSON.stringify(HOSTILE));
    return { ...entry, message: `${entry.message} ${HOSTILE}`, data: JSON.parse(text) as Record<string, unknown> };
  });
  const again = chained(renamed);
  return reportOf(again, verifyChain(again));
}

describe.runIf(browserTestsRun())('the report in a browser', () => {
  beforeAll(async () => {
    browser = await launch();
    const entries = await drivenJournal();
    report = reportOf(entries, verifyChain(entries));
  }, 60_000);
  afterAll(async () => {
    await browser.close();
  });

  it.each([
    ['light', 1280],
    ['light', 360],
    ['dark', 1280],
    ['dark', 360],
  ] as const)('fits and can be read, %s at %d pixels', async (scheme, width) => {
    const { page } = await open(scheme, width);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([]);
    await page.context().close();
  });

  it('asks for nothing and runs nothing, whatever a hostile author wrote', async () => {
    const { page, asked } = await open('light', 1280, await hostileReport());
    expect(await page.title()).toContain('<script>');
    expect(await page.locator('img, script, iframe, link').count()).toBe(0);
    expect(await page.locator('h1').textContent()).toContain('<img src=');
    expect(asked.filter((url) => url.startsWith('http'))).toEqual([]);
    await page.context().close();
  });

  it('has a JUnit file that an XML parser takes, hostile words and all', async () => {
    const { page } = await open('light', 800);
    const xml = junitReport(await hostileReport());
    const found = await page.evaluate<{ error: string | null; cases: number }>(`(() => {
      const read = new DOMParser().parseFromString(${JSON.stringify(xml)}, 'application/xml');
      const error = read.querySelector('parsererror');
      return { error: error && error.textContent, cases: read.querySelectorAll('testsuites > testsuite > testcase').length };
    })()`);
    const written = xml.match(/<testcase /g)?.length ?? 0;
    expect(written).toBeGreaterThanOrEqual(3);
    expect(found).toEqual({ error: null, cases: written });
    await page.context().close();
  });
});
