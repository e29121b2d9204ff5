/**
 * Kill any process at any moment and nothing changes but the time it took: a recording runs undisturbed, then again
 * while each service in turn, nats-server and the supervisor are killed with -9. The sums are the same.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../cli/summary.ts';
import { natsServerPath } from '../support/natsServer.ts';
import { isAlive, killService, readState, sleep, startUp, summaryOf, until } from '../support/pipeline.ts';
import { recording } from '../support/recordings.ts';

const path = recording('binance-usdm');
const VICTIMS = ['source', 'features', 'inference', 'outcomes', 'recorder', 'trainer', 'latest', 'gateway', 'nats-server'];
const dirs: string[] = [];
const newDir = (): string => {
  dirs.push(mkdtempSync(join(tmpdir(), 'foretick-up-')));
  return join(dirs.at(-1)!, 'data');
};
const essence = ({ trades, quotes, frames, predictions, forecasts, outcomes, scores, model, sha256 }: Summary) => ({ trades, quotes, frames, predictions, forecasts, outcomes, scores, model, sha256 });

describe.skipIf(natsServerPath() === null || path === null)('a recording through `up`', () => {
  afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));
  const common = (data: string, speed: string): string[] => ['--source', `recording:${path}`, '--speed', speed, '--exit', '--json', '--data', data, '--port', '0'];
  let undisturbed: Summary;

  it('ends with a summary, and its forecasts beat the naive one', async () => {
    const run = startUp(common(newDir(), 'max'));
    expect(await run.ended, run.stderr()).toBe(0);
    undisturbed = summaryOf(run);
    expect(undisturbed).toMatchObject({ trades: 24_356, quotes: 99_588, frames: 479, predictions: 479, outcomes: 479 });
    for (const symbol of ['binance-usdm.BTCUSDT', 'binance-usdm.ETHUSDT']) {
      for (const horizonMs of [1_000, 5_000]) expect(undisturbed.scores.find((score) => score.symbol === symbol && score.horizonMs === horizonMs)!.skill).toBeGreaterThan(0.08);
    }
  }, 120_000);

  it('gives the same sums when everything is killed in turn, and leaves nothing behind', async () => {
    const data = newDir();
    let run = startUp(common(data, '15'));
    await until('services', () => (readState(data)?.children.length ?? 0) >= VICTIMS.length);
    for (const victim of VICTIMS) {
      await until(`${victim} to be alive`, () => killService(data, victim));
      await sleep(700);
    }
    const before = readState(data)!;
    run.child.kill('SIGKILL');
    await run.ended;
    await until('orphans to leave', () => before.children.every((child) => child.pid === null || !isAlive(child.pid)), 15_000);
    run = startUp(common(data, '15'));
    expect(await run.ended, run.stderr()).toBe(0);
    expect(essence(summaryOf(run))).toEqual(essence(undisturbed));
    expect(readState(data)?.children ?? []).toEqual([]);
  }, 180_000);
});
