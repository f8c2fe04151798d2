/** What every browser test stands on: the built dashboard, a browser, and a fake control plane per page. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { buildDashboard, launch } from './browser.ts';
import type { Built } from './browser.ts';
import { FakeControl } from './fake-control.ts';
import type { Scene } from './fake-mesh.ts';

export type Visit = {
  readonly page: Page;
  readonly fake: FakeControl;
  readonly base: string;
  /** Errors of the page and breaches of its content policy. */
  readonly complaints: string[];
};

export class Stage {
  readonly #built: Built;
  readonly #browser: Browser;
  readonly #closing: (() => Promise<void>)[] = [];

  private constructor(built: Built, browser: Browser) {
    this.#built = built;
    this.#browser = browser;
  }

  static async open(): Promise<Stage> {
    const built = await buildDashboard();
    return new Stage(built, await launch());
  }

  get folder(): string {
    return this.#built.folder;
  }

  /** Opens a page of the dashboard over a fake control plane of its own, and waits for its first live values. */
  async visit(path: string, options: BrowserContextOptions = {}, scene: Scene = 'busy'): Promise<Visit> {
    const fake = new FakeControl(this.#built.folder, scene);
    const base = await fake.listen();
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    this.#closing.push(
      () => context.close(),
      () => fake.close(),
    );
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(base + path);
    await page.getByText('live', { exact: true }).waitFor();
    return { page, fake, base, complaints };
  }

  /** Closes what the last test opened. */
  async clear(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close();
  }

  async close(): Promise<void> {
    await this.clear();
    await this.#browser.close();
    await this.#built.remove();
  }
}
