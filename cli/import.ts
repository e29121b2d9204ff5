/** `foretick import FILE…`: bars or ticks from files into the history. Safe to repeat. */
import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { wallClock } from '../runtime/clock.ts';
import { configPath, loadConfig } from '../runtime/config.ts';
import { RefusedError } from '../runtime/errors.ts';
import { instrumentId, toInstrumentId } from '../streams/instrument.ts';
import { parseInterval } from '../streams/interval.ts';
import { defaultStoreUrl, openStore } from '../store/open.ts';
import { importFile, type ImportReport, MAX_PROBLEMS } from '../store/import/import.ts';
import { createTerminal } from './terminal.ts';

/** A short import says nothing until it is done. */
const QUIET_MS = 2_000;
const STATUS_EVERY_MS = 250;

interface ImportCommandOptions { readonly instrument: string; readonly kind: 'bars' | 'ticks'; readonly interval?: string; readonly columns?: string; readonly data: string; readonly json?: boolean }

/** `5m` in ms. Throws RefusedError. */
function intervalOption(text: string): number {
  const ms = parseInterval(text);
  if (ms === null) throw new RefusedError(`--interval ${text}: not an interval`, 'Write a number and a unit: 5s, 5m, 1h, 1d.');
  return ms;
}

/** `binance.BTCUSDT` as it is; a symbol with dots (`nyse.BRK.B`) is encoded. Throws RefusedError. */
export function parseInstrument(text: string): string {
  if (instrumentId.safeParse(text).success) return text;
  const dot = text.indexOf('.');
  const id = toInstrumentId(text.slice(0, Math.max(0, dot)), text.slice(dot + 1));
  if (dot < 1 || !instrumentId.safeParse(id).success) throw new RefusedError(`--instrument ${text}: not <venue>.<symbol>`, 'For example --instrument binance-spot.BTCUSDT');
  return id;
}

const dayAndTime = (ts: number): string => new Date(ts / 1_000).toISOString().replace('T', ' ').replace(/\.?0*Z$/, '');
const count = (n: number): string => n.toLocaleString('en-US');

export function reportText(report: ImportReport): string {
  const rows = report.added + report.changed + report.same;
  const lines = [
    `${report.path}: ${count(rows)} ${report.kind} of ${report.instrument}${report.intervalMs === null ? '' : ` of ${report.intervalMs / 1_000} s`}, ${dayAndTime(report.firstTs)} to ${dayAndTime(report.lastTs)} UTC (${report.format})`,
    `  ${count(report.added)} new, ${count(report.changed)} changed, ${count(report.same)} were there already${report.refused > 0 ? `, ${count(report.refused)} REFUSED` : ''}`,
    ...report.problems.map(({ line, problem }) => `  ${report.unit} ${line}: ${problem}`),
  ];
  if (report.refused > MAX_PROBLEMS) lines.push(`  … and ${count(report.refused - MAX_PROBLEMS)} more`);
  return lines.join('\n');
}

async function run(files: readonly string[], options: ImportCommandOptions): Promise<void> {
  const instrument = parseInstrument(options.instrument);
  const intervalMs = options.interval === undefined ? null : intervalOption(options.interval);
  const columns = options.columns === undefined ? null : options.columns.split(',').map((name) => name.trim());
  const missing = files.filter((path) => !existsSync(path));
  if (missing.length > 0) throw new RefusedError(`no such file: ${missing.slice(0, 5).join(', ')}`, 'Nothing was imported.');
  const config = configPath(options.data);
  const store = openStore(existsSync(config) ? loadConfig(config).store.url : defaultStoreUrl(options.data));
  const terminal = createTerminal(options.json ? process.stderr : process.stdout, () => performance.now());
  const reports: ImportReport[] = [];
  try {
    for (const path of files) {
      let nextMs = performance.now() + QUIET_MS;
      const onProgress = (rows: number, done: number): void => {
        if (performance.now() < nextMs) return;
        nextMs = performance.now() + STATUS_EVERY_MS;
        terminal.status(`  ${path}: ${count(rows)} rows${done > 0 ? `, ${Math.floor(done * 100)} %` : ''}`);
      };
      const report = await importFile(store, { path, instrument, kind: options.kind, intervalMs, columns, clock: wallClock, onProgress });
      reports.push(report);
      if (!options.json) terminal.line(reportText(report));
    }
  } finally {
    await store.close();
    if (options.json) console.log(JSON.stringify({ files: reports }));
  }
  if (reports.some((report) => report.refused > 0)) process.exitCode = 2;
}

export const importCommand = (): Command => new Command('import')
  .description('Bring bars or ticks from files into the history: CSV, NDJSON (both also gzipped), Parquet, Feather. The format is told from the content. Safe to repeat.')
  .argument('<file...>', 'files of one instrument; ticks in order of time')
  .requiredOption('--instrument <venue.symbol>', 'what the rows are of, for example binance-spot.BTCUSDT')
  .addOption(new Option('--kind <kind>', 'what a row is').choices(['bars', 'ticks']).makeOptionMandatory())
  .option('--interval <interval>', 'of bars: 5s, 5m, 1h, 1d; left out, it is told from the first rows')
  .option('--columns <names>', 'names of the columns, in order, for a text without a header line')
  .option('--data <dir>', 'data folder', '.foretick/data')
  .option('--json', 'print one JSON object')
  .addHelpText('after', `
Columns are found by their usual names (date, timestamp, open_time, o, h, l, c, v, price, qty, bid_price …). Times are ISO 8601
(UTC where no zone is given) or epochs in s, ms, µs or ns. A row that can't be read is refused with its line; the others go in,
and the exit code is 2.

Examples:
  ./foretick import BTC_USDT-5m.feather --instrument binance-spot.BTCUSDT --kind bars
  ./foretick import trades-*.csv.gz --instrument binance-usdm.ETHUSDT --kind ticks
  ./foretick import klines.csv --instrument binance-spot.BTCUSDT --kind bars --columns open_time,open,high,low,close,volume`)
  .action(run);
