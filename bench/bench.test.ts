/** The benches' arithmetic, and the quick form of every bench: so that they can't rot. What they measure is nobody's business here. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { atWorst, compared, inTurn, isMet, median, missing, quantile, type Row, tail } from './bench.ts';
import { BENCHES } from './list.ts';
import { resultsOf, type RunReport, runBenches } from './run.ts';
import { beyond, sumOf, together } from './support/costs.ts';
import { latencies } from './support/latencies.ts';
import { untilReadable } from './support/readable.ts';
import { formatNumber, markdown, plain, targetText, withTable } from './table.ts';

const row: Row = { name: 'x', value: 60, unit: 'ticks/s', beside: 'bare', besideValue: 100, ratio: 0.6, spread: [0.5, 0.7], target: { of: 'ratio', atLeast: 0.6 }, note: '' };
const reportOf = (rows: Row[]): RunReport => ({
  at: '2026-01-02T03:04:05.000Z', quick: false, machine: { cpu: 'c', cores: 2, memoryGb: 8, platform: 'linux x64', node: 'v26' },
  benches: [{ name: 'b', about: 'What it is.', leavesOut: 'the rest.', seconds: 3.2, load: 0.5, rows }],
});

describe('figures', () => {
  it('run in turn, each round beginning with the other one', async () => {
    const order: string[] = [];
    const pairs = await inTurn(3, () => order.push('ours'), () => order.push('beside'));
    expect(order).toEqual(['ours', 'beside', 'beside', 'ours', 'ours', 'beside']);
    expect(pairs).toEqual({ ours: [1, 4, 5], beside: [2, 3, 6] });
  });
  it('are medians, and ratios of the same round', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), quantile([5, 1, 4, 2, 3], 0.5), quantile([1, 2], 0.99)]).toEqual([2, 2.5, 3, 2]);
    expect(compared({ ours: [1, 4, 9], beside: [2, 4, 3] }, row)).toMatchObject({ value: 4, besideValue: 3, ratio: 1, spread: [0.5, 3] });
  });
  it('are tails of all rounds together, and the worst of what must hold each time', () => {
    expect(tail(0.5, [[1, 2], [30, 40]], [[1, 1], [2, 50]], row)).toMatchObject({ value: 30, besideValue: 2, ratio: 15, spread: [0.8, 2] });
    const killed = atWorst([500, 700, 2_500], { ...row, target: { of: 'value', atMost: 2_000 } });
    expect([killed.value, killed.spread, isMet(killed)]).toEqual([2_500, [500, 2_500], false]);
  });
  it('count what was passed over for newer ones until those came', () => {
    expect(latencies([1, 2, 3], { sent: new Map([[1, 10], [2, 20], [3, 30]]), came: new Map([[1, 11], [3, 35]]) })).toEqual([1, 15, 5]);
  });
  it('are costs of all universes, the server counted once, without what a short run took already', () => {
    const run = (serverCpu: readonly [number, number] | null, source: number, mb: number) => ({ seconds: 1, serverCpu, cpu: { source, 'nats-server': 9 }, rssBytes: { source: mb } });
    const long = together([run([1, 4], 5, 100), run([1.5, 5], 6, 200)], 1_000, 50);
    expect(long).toEqual({ ticks: 2_000, rows: 100, cpu: { source: 11, 'nats-server': 4 }, rssBytes: { source: 300 } });
    const more = beyond(long, together([run([0, 1], 3, 70)], 400, 20));
    expect(more).toEqual({ ticks: 1_600, rows: 80, cpu: { source: 8, 'nats-server': 3 }, rssBytes: { source: 300 } });
    expect(sumOf([more, { ...more, rssBytes: { source: 310 } }])).toEqual({ ticks: 3_200, rows: 160, cpu: { source: 16, 'nats-server': 6 }, rssBytes: { source: 310 } });
    expect(beyond(long, together([run(null, 3, 70)], 400, 20)).cpu).toEqual({ source: 8, 'nats-server': null });
  });
  it('meet a target or not, and neither when there is none or no figure', () => {
    expect([isMet(row), isMet({ ...row, ratio: 0.59 }), isMet({ ...row, target: { of: 'value', atMost: 50 } }), isMet({ ...row, target: null })]).toEqual([true, false, false, null]);
    expect(isMet(missing(row, 'no server'))).toBeNull();
  });
  it('are told in words', () => {
    const report = reportOf([row, { ...row, name: 'y', ratio: 0.2 }, missing({ ...row, name: 'z' }, 'no server')]);
    expect(resultsOf(report)[0]).toMatchObject({ bench: 'b', met: true, load: 0.5, leavesOut: 'the rest.' });
    expect(plain(report).split('\n').map((line) => line.slice(0, 9))).toEqual(['ok    x: ', 'SHORT y: ', '      z: ']);
    expect(plain(reportOf([{ ...row, beside: '', ratio: null, besideValue: null, target: null }]))).toBe('      x: 60.0 ticks/s (0.50 to 0.70)');
    expect(markdown(report)).toContain('| y | 0.20 × | 0.50 to 0.70 | ≥ 0.6 × | **no** | 60.0 ticks/s | bare: 100 |  |');
    expect([formatNumber(1_234_567.8), formatNumber(12.34), formatNumber(0.1234), formatNumber(null)]).toEqual(['1,234,568', '12.3', '0.12', '–']);
    expect(targetText({ of: 'value', atLeast: 500_000 })).toBe('≥ 500,000');
  });
  it('replace the table of the page, and nothing else', () => {
    const page = 'before\n<!-- table: written by foretick bench --write -->\nold\n<!-- end of table -->\nafter\n';
    expect(withTable(page, 'new')).toBe(page.replace('old', 'new'));
    expect(() => withTable('no marks', 'new')).toThrow(RangeError);
  });
});

describe('a history is written', () => {
  const reader = (rows: readonly number[]) => ({
    cursor: async () => 7,
    async *feedRows() {
      yield rows.map((seq) => ({ seq, subject: 's', tsInit: 1, body: new Uint8Array() }));
    },
  });
  it('when its last row can be read, not when the cursor says so', async () => {
    await untilReadable(reader([7]), 'f', 7, 1);
    await expect(untilReadable(reader([]), 'f', 7, 1)).rejects.toThrow('that row is missing');
  });
});

describe('a run', () => {
  it('has a row for a bench that fails, and says why', async () => {
    const said: string[] = [];
    const [report] = (await runBenches(['there-is-none'], true, (text) => said.push(text))).benches;
    expect(report!.rows).toMatchObject([{ name: 'there-is-none', value: null, note: expect.stringContaining('not measured') }]);
  });
  it.each(Object.keys(BENCHES))('%s, in its quick form, gives figures', async (name) => {
    const said: string[] = [];
    const report = await runBenches([name], true, (text) => said.push(text));
    const results = resultsOf(report);
    expect(results.length, said.join('\n')).toBeGreaterThan(0);
    for (const result of results) expect(result.value === null ? result.note : result.value, said.join('\n')).toEqual(expect.anything());
    expect(results.filter(({ value }) => value !== null).every(({ value }) => value! > 0), said.join('\n')).toBe(true);
    expect(results.some(({ value }) => value !== null), said.join('\n')).toBe(true);
  }, 120_000);
});
