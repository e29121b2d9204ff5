import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tick } from '../recording/row.ts';
import { openLeanFile } from './leanFile.ts';

describe('a Lean zip', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'foretick-lean-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function read(inner: string, rows: readonly string[]): Promise<{ ticks: Tick[]; dropped: string[] }> {
    const path = join(folder, 'file.zip');
    writeFileSync(path, zipSync({ [inner]: Buffer.from(rows.join('\r\n')) }));
    const ticks: Tick[] = [];
    const dropped: string[] = [];
    for await (const batch of (await openLeanFile(path)).rows((reason) => void dropped.push(reason))) ticks.push(...batch.map((row) => row.content as Tick));
    return { ticks, dropped };
  }
  const OPEN = Date.UTC(2013, 9, 7, 13, 30) * 1_000;

  it('reads trades in UTC, without opening prints, suspicious rows and what is outside the session', async () => {
    const { ticks, dropped } = await read('20131007_brk.b_Trade_Tick.csv', [
      '34199999,1820000,100,P,2000,0', '34200000,1820100,200,Q,1,0', '34216893,1820000,138862,N,40,0', '34216894,1820000,100,N,20000040,0',
      '34216895,1820250,7,N,20000020,0', '34216896,1820000,100,N,0,1', '57599999,1820300,1,D,1,0', '57600000,1820300,1,D,1,0',
    ]);
    expect(ticks).toEqual([
      { v: 1, type: 'trade', price: 182.01, size: 200, tsEvent: OPEN, tsInit: OPEN, instrument: 'us-equity.BRK%2EB' },
      { v: 1, type: 'trade', price: 182.025, size: 7, tsEvent: OPEN + 16_895_000, tsInit: OPEN + 16_895_000, instrument: 'us-equity.BRK%2EB' },
      { v: 1, type: 'trade', price: 182.03, size: 1, tsEvent: OPEN + 23_399_999_000, tsInit: OPEN + 23_399_999_000, instrument: 'us-equity.BRK%2EB' },
    ]);
    expect(dropped).toEqual(['outsideSession', 'openingPrint', 'openingPrint', 'suspicious', 'outsideSession']);
  });

  it('reads quotes, none from sides of before the session', async () => {
    const { ticks, dropped } = await read('20131007_IBM_quote_tick.CSV', [
      '34199000,1800000,1,0,0,P,1,0', '34199000,0,0,1900000,1,P,1,0', '34200001,1817000,100,0,0,P,1,0', '34200002,0,0,1822000,300,Q,1,0', '34200003,1823000,5,0,0,Q,1,0',
    ]);
    expect(ticks).toEqual([{ v: 1, type: 'quote', bid: 181.7, bidSize: 100, ask: 182.2, askSize: 300, tsEvent: OPEN + 2_000, tsInit: OPEN + 2_000, instrument: 'us-equity.IBM' }]);
    expect(dropped).toEqual(['outsideSession', 'outsideSession', 'crossed']);
  });

  it('counts rows that are damaged', async () => {
    const { ticks, dropped } = await read('20131007_ibm_Trade_Tick.csv', [
      '', '34200000,1820100,200,Q,1', '34200000,-1820100,200,Q,1,0', '34200000,0,200,Q,1,0', '34200000,1820100,0,Q,1,0', 'x'.repeat(300), '34200000,1820100,1e3,Q,1,0', '34200000,1820100,200,Q,1,0',
    ]);
    expect(ticks).toHaveLength(1);
    expect(dropped).toEqual(['malformed', 'malformed', 'malformed', 'malformed', 'malformed', 'tooLarge', 'malformed']);
  });
});
