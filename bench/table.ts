/** A run as a table for people: on the terminal, and in BENCHMARKS.md between its two marks. Pure. */
import type { Row, Target } from './bench.ts';
import type { Result, RunReport } from './run.ts';
import { resultsOf } from './run.ts';

const MARKS = { from: '<!-- table: written by foretick bench --write -->', to: '<!-- end of table -->' } as const;

export function formatNumber(value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  return size >= 100 ? Math.round(value).toLocaleString('en-US') : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function targetText(target: Target | null): string {
  if (target === null) return '';
  const figure = (value: number): string => (target.of === 'ratio' ? `${value} ×` : value.toLocaleString('en-US'));
  return [target.atLeast === undefined ? '' : `≥ ${figure(target.atLeast)}`, target.atMost === undefined ? '' : `≤ ${figure(target.atMost)}`].filter((text) => text !== '').join(', ');
}

const verdict = (met: boolean | null): string => (met === null ? '' : met ? 'yes' : '**no**');
const spreadText = ({ spread }: Row): string => (spread === null ? '' : `${formatNumber(spread[0])} to ${formatNumber(spread[1])}`);

function line(result: Result): string {
  const { name, ratio, target, met, value, unit, beside, besideValue, note } = result;
  const cells = [name, ratio === null ? '' : `${formatNumber(ratio)} ×`, spreadText(result), targetText(target), verdict(met), value === null ? '' : `${formatNumber(value)} ${unit}`, beside === '' ? '' : `${beside}: ${formatNumber(besideValue)}`, note];
  return `| ${cells.join(' | ')} |`;
}

export function markdown(report: RunReport): string {
  const { cpu, cores, memoryGb, platform, node } = report.machine;
  const results = resultsOf(report);
  return [
    `${report.at.slice(0, 16).replace('T', ' ')} UTC, ${cores} cores (${cpu}), ${memoryGb} GB, ${platform}, Node ${node}; ${report.quick ? 'quick form: not a measurement; ' : ''}load before each bench ${Math.min(...report.benches.map(({ load }) => load))} to ${Math.max(...report.benches.map(({ load }) => load))}.`,
    '',
    '| what | ratio | spread of the rounds | to reach | reached | figure | beside | |',
    '|---|---|---|---|---|---|---|---|',
    ...results.map(line),
    '',
    ...report.benches.filter(({ leavesOut }) => leavesOut !== '').map(({ name, about, leavesOut, seconds }) => `- **${name}** (${Math.round(seconds)} s): ${about} Leaves out: ${leavesOut}`),
  ].join('\n');
}

/** The page with its table replaced. Throws RangeError when the marks are gone. */
export function withTable(page: string, table: string): string {
  const from = page.indexOf(MARKS.from);
  const to = page.indexOf(MARKS.to);
  if (from < 0 || to < from) throw new RangeError('the marks around the table are missing');
  return `${page.slice(0, from + MARKS.from.length)}\n${table}\n${page.slice(to)}`;
}

/** For a terminal: a line a row. */
export function plain(report: RunReport): string {
  return resultsOf(report).map((result) => {
    const { name, ratio, value, unit, beside, besideValue, met, target, note } = result;
    const compare = `${beside === '' ? '' : `, ${beside} ${formatNumber(besideValue)}: ${formatNumber(ratio)} ×`}${result.spread === null ? '' : ` (${spreadText(result)})`}`;
    return `${met === null ? '     ' : met ? 'ok   ' : 'SHORT'} ${name}: ${formatNumber(value)} ${unit}${compare}${target === null ? '' : `, to reach ${targetText(target)}`}${note === '' ? '' : `. ${note}`}`;
  }).join('\n');
}
