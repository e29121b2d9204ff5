/** A soak's report as a table for people. */
import { LEAST_MINUTES, type MemoryTrend, type ServiceReport, type SoakReport } from './report.ts';

const HEAD = ['service', 'RSS MB/h [95 %]', 'last MB', 'verdict', 'heap MB/h [95 %]', 'CPU %', 'loop ms', 'behind s'];

const interval = (trend: MemoryTrend | null): string => (trend === null ? '—' : `${trend.mbPerHour.toFixed(1)} [${trend.lo.toFixed(1)}, ${trend.hi.toFixed(1)}]`);
const verdict = (trend: MemoryTrend | null): string => (trend === null ? 'too few samples' : `${trend.verdict}${trend.certain || trend.verdict === 'too short' ? '' : ' (run longer)'}`);

const row = (service: ServiceReport): string[] => [
  service.name, interval(service.rss), service.rss?.lastMb.toFixed(0) ?? '—', verdict(service.rss), interval(service.heap),
  service.cpuPercent.toFixed(1), service.loopLagMostMs?.toFixed(0) ?? '—', `${service.behindLastS.toFixed(1)}, most ${service.behindMostS.toFixed(1)}`,
];

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
}

export function soakText(report: SoakReport): string {
  const { ticksPerSecond: { wanted, measured } } = report;
  return [
    `${measured} ticks/s (trades and quotes; ${wanted} wanted) for ${report.minutes} minutes, the first ${report.warmUpMinutes} of them warm-up`,
    ...table([HEAD, ...report.services.map(row)]),
    report.minutes < LEAST_MINUTES ? `no verdict on memory below ${LEAST_MINUTES} minutes: young heaps grow` : `flat: the interval contains 0, or the slope is below ${report.boundMbPerDay} MB a day; "run longer": the interval is too wide to exclude more than that`,
    'on disk, by design until retention takes what is old:',
    ...table(report.disk.map(({ what, mb, mbPerHour }) => [`  ${what}`, `${mb.toFixed(0)} MB`, `${mbPerHour >= 0 ? '+' : ''}${mbPerHour.toFixed(0)} MB/h`])),
    ...(report.problems.length === 0 ? [`everything kept up${report.minutes < LEAST_MINUTES ? '' : ', and nothing grows'}`] : report.problems.map((problem) => `! ${problem}`)),
  ].join('\n');
}
