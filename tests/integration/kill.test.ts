/**
 * Kill any process at any moment and nothing changes but the time it took: a recording runs undisturbed, then again
 * while each service in turn, nats-server and the supervisor are killed with -9. The sums are the same.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../cli/summary.ts';
import { natsServerPath } from '../support/natsServer.ts';
import { isAlive, killService, readState, sleep, startUp, summaryOf, until } from '../support/pipeline.ts';
import { recording } from '../support/recordings.ts';

interface Case { readonly name: string; readonly source: string | null; /** Of the run that is killed: slow enough to be hit in the middle. */ readonly speed: string; readonly pauseMs: number; readonly counts: Partial<Summary>; readonly minSkill: Readonly<Record<string, number>> }
const recorded = (name: string): string | null => {
  const path = recording(name);
  return path === null ? null : `recording:${path}`;
};
/** The first is the gate's; the rest run with `./foretick test --full`. */
const CASES: Case[] = [
  { name: 'binance-usdm', source: recorded('binance-usdm'), speed: '15', pauseMs: 700, counts: { trades: 24_356, quotes: 99_588, frames: 479 }, minSkill: { 'binance-usdm.BTCUSDT 1000': 0.08, 'binance-usdm.BTCUSDT 5000': 0.08, 'binance-usdm.ETHUSDT 1000': 0.08, 'binance-usdm.ETHUSDT 5000': 0.08 } },
  { name: 'binance-spot', source: recorded('binance-spot'), speed: '12', pauseMs: 700, counts: { trades: 15_863, quotes: 52_117, frames: 345 }, minSkill: {} },
  { name: 'us-equity-ibm', source: recorded('us-equity-ibm'), speed: 'max', pauseMs: 3_000, counts: { trades: 84_341, quotes: 182_929, frames: 70_200 }, minSkill: { 'us-equity.IBM 1000': 0, 'us-equity.IBM 5000': 0 } },
  { name: 'simulator', source: 'simulator:1,minutes=90', speed: 'max', pauseMs: 400, counts: { frames: 5_400 }, minSkill: { '* 1000': 0.013, '* 5000': 0.024 } },
];
const cases = CASES.slice(0, process.env['FORETICK_FULL'] ? undefined : 1).filter(({ source }) => source !== null);
const VICTIMS = ['source', 'features', 'inference', 'outcomes', 'recorder', 'trainer', 'latest', 'gateway', 'nats-server'];
const essence = ({ trades, quotes, frames, predictions, forecasts, outcomes, scores, model, sha256 }: Summary) => ({ trades, quotes, frames, predictions, forecasts, outcomes, scores, model, sha256 });

describe.skipIf(natsServerPath() === null).each(cases)('$name through `up`', ({ source, speed, pauseMs, counts, minSkill }) => {
  const dirs: string[] = [];
  const newDir = (): string => {
    dirs.push(mkdtempSync(join(tmpdir(), 'foretick-up-')));
    return join(dirs.at(-1)!, 'data');
  };
  afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));
  const common = (data: string, atSpeed: string): string[] => ['--source', source!, '--speed', atSpeed, '--exit', '--json', '--data', data, '--port', '0'];
  let undisturbed: Summary;

  it('ends with a summary, and its forecasts beat the naive one', async () => {
    const run = startUp(common(newDir(), 'max'));
    expect(await run.ended, run.stderr()).toBe(0);
    undisturbed = summaryOf(run);
    expect(undisturbed).toMatchObject(counts);
    expect([undisturbed.predictions, undisturbed.outcomes]).toEqual([undisturbed.frames, undisturbed.frames]);
    for (const [key, least] of Object.entries(minSkill)) {
      expect(undisturbed.scores.find((score) => `${score.symbol} ${score.horizonMs}` === key)!.skill, key).toBeGreaterThan(least);
    }
  }, 300_000);

  it('gives the same sums when everything is killed in turn, and leaves nothing behind', async () => {
    const data = newDir();
    let run = startUp(common(data, speed));
    await until('services', () => (readState(data)?.children.length ?? 0) >= VICTIMS.length);
    const priority = (service: string): number => getPriority(readState(data)!.children.find(({ name }) => name === service)!.pid!);
    await until('training to let forecasts go first', () => priority('trainer') > priority('inference'));
    for (const victim of VICTIMS) {
      await until(`${victim} to be alive`, () => killService(data, victim));
      await sleep(pauseMs);
    }
    const before = readState(data)!;
    run.child.kill('SIGKILL');
    await run.ended;
    await until('orphans to leave', () => before.children.every((child) => child.pid === null || !isAlive(child.pid)), 15_000);
    run = startUp(common(data, speed));
    expect(await run.ended, run.stderr()).toBe(0);
    expect(essence(summaryOf(run))).toEqual(essence(undisturbed));
    expect(readState(data)?.children ?? []).toEqual([]);
  }, 600_000);
});
