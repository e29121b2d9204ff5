import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RefusedError } from '../runtime/errors.ts';
import { defaultStoreUrl, openReader } from '../store/open.ts';
import { importCommand, parseInstrument } from './import.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'foretick-import-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(dir, { recursive: true, force: true });
});

const run = (...args: string[]) => importCommand().exitOverride().parseAsync(args, { from: 'user' });

describe('foretick import', () => {
  test('--json prints one object; what was refused is in it, and in the exit code', async () => {
    const path = join(dir, 'a.csv');
    writeFileSync(path, 'date,open,high,low,close,volume\n2024-01-01,1,2,0.5,1.5,7\nnever,1,2,0.5,1.5,7\n2024-01-02,1,2,0.5,1.5,7\n');
    const log = vi.spyOn(console, 'log').mockReturnValue(undefined);
    await run(path, '--instrument', 'nyse.BRK.B', '--kind', 'bars', '--interval', '1d', '--data', dir, '--json');
    const printed = JSON.parse(String(log.mock.calls[0]![0])) as unknown;
    expect(printed).toMatchObject({ files: [{ instrument: 'nyse.BRK%2EB', added: 2, refused: 1, problems: [{ line: 3, problem: 'date: never is not a time' }] }] });
    expect(process.exitCode).toBe(2);
    const reader = openReader(defaultStoreUrl(dir));
    expect(await reader.bars('nyse.BRK%2EB', 86_400_000, 0, 2e15, 10)).toHaveLength(2);
    await reader.close();
  });

  test.each(['5', '5 m', '0m'])('--interval "%s" is refused', async (text) => {
    const path = join(dir, 'a.csv');
    writeFileSync(path, 'date,open,high,low,close,volume\n2024-01-01,1,2,0.5,1.5,7\n');
    await expect(run(path, '--instrument', 'v.A', '--kind', 'bars', '--interval', text, '--data', dir)).rejects.toThrow('not an interval');
  });

  test('a file that is not there is told before anything is written', async () => {
    await expect(run(join(dir, 'none.csv'), '--instrument', 'v.A', '--kind', 'bars', '--data', dir)).rejects.toThrow('no such file');
    expect(() => openReader(defaultStoreUrl(dir))).toThrow('no history yet');
  });
});

test.each([['binance-spot.BTCUSDT', 'binance-spot.BTCUSDT'], ['nyse.BRK.B', 'nyse.BRK%2EB'], ['v.A%2EB', 'v.A%2EB']])('--instrument %s', (text, id) => {
  expect(parseInstrument(text)).toBe(id);
});
test.each(['BTCUSDT', '.X', 'v.', ''])('--instrument "%s" is refused', (text) => {
  expect(() => parseInstrument(text)).toThrow(RefusedError);
});
