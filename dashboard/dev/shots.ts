/**
 * Opens every page in Chromium, light and dark, wide and narrow, and saves what it looks like. Fails on any page error,
 * console error or broken policy.
 *
 *   node dashboard/dev/shots.ts http://127.0.0.1:8099/login?token=dev FOLDER [--only universe] [--wait 2500]
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findChromium, launchChromium, watchTroubles } from './browser.ts';

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' }, wait: { type: 'string', default: '2500' }, symbol: { type: 'string', default: 'sim.BTCUSDT' } } });
const [loginUrl = '', folder = ''] = positionals;
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const PAGES: Record<string, string> = { universe: '/', symbol: `/symbol/${encodeURIComponent(options.symbol)}`, status: '/status', missing: '/nowhere' };

mkdirSync(folder, { recursive: true });
const chromium = findChromium();
if (chromium === undefined) throw new Error('Chromium is not installed; set CHROMIUM to its path');
const browser = await launchChromium(chromium);
const troubles: string[] = [];
for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: size === 'narrow' ? 2 : 1 });
    const page = await context.newPage();
    const seen = watchTroubles(page);
    await page.goto(loginUrl);
    for (const [name, path] of Object.entries(PAGES)) {
      if (options.only !== undefined && options.only !== name) continue;
      await page.goto(new URL(path, loginUrl).href);
      await page.waitForTimeout(Number(options.wait));
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (overflow > 0) troubles.push(`${name} ${size} ${colorScheme}: ${overflow} px wider than the window`);
      await page.screenshot({ path: join(folder, `${name}-${size}-${colorScheme}.png`), fullPage: size === 'narrow' });
    }
    troubles.push(...seen.map((trouble) => `${size} ${colorScheme}: ${trouble}`));
    await context.close();
  }
}
await browser.close();
for (const trouble of new Set(troubles)) console.error(trouble);
process.exitCode = troubles.length > 0 ? 1 : 0;
