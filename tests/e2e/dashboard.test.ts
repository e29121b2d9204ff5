/**
 * The product as a trader meets it: `up`, the login link, a real browser. Prices move, a forecast appears with its score,
 * and every page is kept as a picture in .foretick/screenshots.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsServerPath } from '../support/natsServer.ts';
import { type Run, startUp, until } from '../support/pipeline.ts';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];
const executablePath = BROWSERS.find((path) => existsSync(path));
if (executablePath === undefined) {
  if (process.env['CI']) throw new Error('Chromium is missing in CI: ./foretick test installs it');
  console.warn('skipped: no Chromium; `./foretick doctor` says how to install it');
}
const PICTURES = join(import.meta.dirname, '../../.foretick/screenshots');

describe.skipIf(executablePath === undefined || natsServerPath() === null)('the dashboard', () => {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-e2e-'));
  let run: Run;
  let browser: Browser;
  let page: Page;
  let address: string;

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    run = startUp(['--source', 'simulator:1', '--data', join(dir, 'data'), '--port', '0']);
    await until('the login link', () => /http:\/\/\S+\/login\?token=\S+/.test(run.stdout() + run.stderr()));
    const link = /(http:\/\/[^/\s]+)\/login\?token=\S+/.exec(run.stdout() + run.stderr())!;
    address = link[1]!;
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(address);
    await page.getByTestId('login').waitFor();
    await page.screenshot({ path: join(PICTURES, 'login.png') });
    await page.goto(link[0]);
    await until('first forecast', () => /first forecast/.test(run.stdout() + run.stderr()), 180_000);
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    run?.child.kill('SIGTERM');
    expect(await run?.ended).toBe(0);
    rmSync(dir, { recursive: true, force: true });
  }, 30_000);

  it('says SIMULATED, shows prices that move, and forecasts with scores', async () => {
    expect((await page.getByTestId('market-badge').first().textContent())!.toUpperCase()).toContain('SIMULATED');
    const price = page.getByTestId('price').first();
    await price.waitFor();
    const seen = new Set<string>();
    await until('the price to move', async () => seen.add((await price.textContent())!).size >= 3, 30_000);
    await until('a forecast in the table', async () => /[+−-]?\d/.test((await page.getByTestId('forecast').first().textContent()) ?? ''), 30_000);
    expect(await page.getByText('No model yet').count()).toBe(0);
    await until('a score in the table', async () => /\d+ blocks?/.test((await page.getByTestId('row').first().textContent()) ?? ''), 40_000);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: join(PICTURES, 'universe.png') });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.screenshot({ path: join(PICTURES, 'universe-light.png') });
    await page.emulateMedia({ colorScheme: 'dark' });
  }, 90_000);

  it('draws the forecast ahead of the price on the symbol page', async () => {
    await page.getByTestId('row').first().click();
    await page.getByTestId('chart').waitFor();
    await until('canvases', async () => (await page.locator('canvas').count()) > 0);
    await page.waitForTimeout(5_000);
    expect(page.url()).toContain('/symbol/');
    await page.screenshot({ path: join(PICTURES, 'symbol.png'), fullPage: true });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(PICTURES, 'symbol-phone.png') });
    await page.setViewportSize({ width: 1440, height: 900 });
  }, 60_000);

  it('shows the model, its walk-forward results and the services', async () => {
    await page.goto(`${address}/status`);
    await until('services', async () => (await page.getByTestId('service').count()) >= 8);
    await page.screenshot({ path: join(PICTURES, 'status.png'), fullPage: true });
  }, 60_000);
});
