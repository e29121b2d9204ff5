/**
 * The built dashboard in a real browser against the invented gateway: what a reader sees live, before the first model,
 * without a login, while the gateway is away; and that it fits its bundle budget, its policy, and leaks no charts.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium, watchTroubles } from './dev/browser.ts';
import { startDevGateway, type DevGateway } from './dev/gateway.ts';

const BUNDLE_BUDGET_BYTES = 350_000;
const distDir = mkdtempSync(join(tmpdir(), 'foretick-dashboard-'));
const chromium = findChromium();
if (chromium === undefined && process.env['CI'] === undefined) console.log('Chromium is not installed: the dashboard is not opened in a browser (CHROMIUM=path names one).');

beforeAll(() => build({ root: import.meta.dirname, configFile: join(import.meta.dirname, 'vite.config.ts'), logLevel: 'error', build: { outDir: distDir, emptyOutDir: true } }), 60_000);
afterAll(() => rmSync(distDir, { recursive: true, force: true }));

it('fits the bundle budget', () => {
  const files = readdirSync(distDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + gzipSync(readFileSync(join(parentPath, name))).length, 0);
  expect(files.length).toBeGreaterThan(4);
  expect(bytes).toBeLessThan(BUNDLE_BUDGET_BYTES);
});
it('has neither inline scripts nor inline styles, and asks no other host for anything', () => {
  const html = readFileSync(join(distDir, 'index.html'), 'utf8');
  expect(html.match(/<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=|https?:\/\//g)).toBeNull();
});

describe.skipIf(chromium === undefined && process.env['CI'] === undefined)('in a browser', { timeout: 60_000 }, () => {
  let browser: Browser;
  let gateway: DevGateway;
  const start = (more: { withModel?: boolean; port?: number } = {}): Promise<DevGateway> =>
    startDevGateway({ distDir, port: more.port ?? 0, symbols: 3, market: 'simulated', withModel: more.withModel ?? true });
  const withPage = async (run: (page: Page, context: BrowserContext) => Promise<void>): Promise<string[]> => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    try {
      const page = await context.newPage();
      const troubles = watchTroubles(page);
      await run(page, context);
      return troubles;
    } finally {
      await context.close();
    }
  };
  beforeAll(async () => {
    browser = await launchChromium(chromium ?? 'chromium');
    gateway = await start();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  it('shows moving prices, forecasts and where they are from, by keyboard too', async () => {
    const troubles = await withPage(async (page) => {
      await page.goto(gateway.loginUrl);
      const price = page.getByTestId('price').first();
      await page.waitForFunction(() => /[+\u2212]?\d\.\d\d/.test(document.querySelector('[data-testid=forecast] b')?.textContent ?? ''));
      expect(await page.getByTestId('market-badge').textContent()).toBe('Simulated market');
      const before = await price.textContent();
      await page.waitForFunction((old) => document.querySelector('[data-testid=price]')?.textContent !== old, before);
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/symbol/sim.ETHUSDT');
      await page.getByRole('row').filter({ hasText: 'held' }).first().waitFor();
      expect(await page.title()).toContain('ETHUSDT (simulated market)');
      await page.keyboard.press('3');
      await page.getByRole('heading', { name: 'Recent forecasts, 30 s ahead' }).waitFor();
    });
    expect(troubles).toEqual([]);
  });

  it('frees its charts when one leaves a symbol', async () => {
    const troubles = await withPage(async (page) => {
      await page.goto(gateway.loginUrl);
      const canvases: number[] = [];
      for (let round = 0; round < 4; round += 1) {
        await page.locator('[data-row-link]').first().click();
        await page.locator('canvas').first().waitFor();
        canvases.push(await page.locator('canvas').count());
        await page.keyboard.press(']');
        await page.waitForURL('**/symbol/sim.ETHUSDT');
        await page.locator('canvas').first().waitFor();
        canvases.push(await page.locator('canvas').count());
        await page.keyboard.press('u');
        await page.locator('[data-row-link]').first().waitFor();
        expect(await page.locator('canvas').count()).toBe(0);
      }
      expect(new Set(canvases).size).toBe(1);
    });
    expect(troubles).toEqual([]);
  });

  it('says how to log in, goes on after it, and notices when the login ends', async () => {
    await withPage(async (page, context) => {
      await page.goto(new URL('/symbol/sim.ADAUSDT', gateway.loginUrl).href);
      await page.getByTestId('login').waitFor();
      expect(await page.getByTestId('login').textContent()).toContain('foretick up');
      await context.request.get(gateway.loginUrl);
      await page.evaluate(() => dispatchEvent(new Event('focus')));
      await page.getByText('not in a universe that is served').waitFor(); // ADA is the fifth coin: this universe has three
      await page.getByRole('link', { name: 'To the universe', exact: true }).click();
      await page.getByTestId('row').first().waitFor();
      await context.clearCookies();
      await page.getByTestId('login').waitFor({ timeout: 20_000 });
      await context.request.get(gateway.loginUrl);
      await page.evaluate(() => dispatchEvent(new Event('focus')));
      await page.getByRole('link', { name: 'Log out' }).click();
      await page.getByTestId('login').waitFor();
      expect(await page.getByRole('link', { name: 'Log out' }).count()).toBe(0);
      expect(await context.cookies()).toEqual([]);
    });
  });

  it('says what the first model still waits for', async () => {
    const young = await start({ withModel: false });
    const troubles = await withPage(async (page) => {
      await page.goto(young.loginUrl);
      await page.getByText('Waiting for 4 more minutes of history.').waitFor();
      await page.getByTestId('price').filter({ hasText: '.' }).first().waitFor();
    });
    await young.stop();
    expect(troubles).toEqual([]);
  });

  it('says that it reconnects while the gateway is away, and recovers', async () => {
    let brief = await start();
    await withPage(async (page) => {
      await page.goto(brief.loginUrl);
      await page.getByText('connected', { exact: true }).waitFor();
      await brief.stop();
      await page.getByText('reconnecting…').waitFor();
      expect(await page.getByTestId('row').count()).toBe(3);
      brief = await start({ port: brief.port });
      await page.getByText('connected', { exact: true }).waitFor({ timeout: 30_000 });
    });
    await brief.stop();
  });
});
