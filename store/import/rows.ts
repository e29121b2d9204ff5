/** A row of a file becomes a bar or a tick, or a sentence that says what is wrong with it. Pure. */
import type { Quote, Trade } from '../../streams/messages/tick.ts';
import { quoteSchema, tradeSchema } from '../../streams/messages/tick.ts';
import type { BarRow } from '../history.ts';
import type { BarColumns, TickColumns } from './columns.ts';
import { KnownTime, parseTime } from './time.ts';

export type Cells = Readonly<Record<string, unknown>>;
export interface Problem { readonly problem: string }

/** Stands for a list or an object: turning a hostile one into text may throw, or never end. */
const NESTED = 'a nested value';

const cell = (cells: Cells, column: string | null): unknown => {
  const value = column === null ? undefined : cells[column];
  if (typeof value === 'object' && value !== null && !(value instanceof KnownTime || value instanceof Date)) return NESTED;
  return typeof value === 'string' && value.trim() === '' ? undefined : (value ?? undefined);
};
const show = (value: unknown): string => (value instanceof KnownTime || value instanceof Date ? 'a time' : String(value).slice(0, 40));

/** NaN for what is no number. */
function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && /^\s*[-+]?[0-9.]/.test(value) ? Number(value) : Number.NaN;
}

function timeOf(cells: Cells, column: string | null, timeOfDay: string | null = null): number | Problem {
  const value = cell(cells, column);
  if (value === undefined) return { problem: `${column}: missing` };
  const text = timeOfDay === null ? value : `${String(value).trim()} ${String(cell(cells, timeOfDay) ?? '').trim()}`;
  return parseTime(text) ?? { problem: `${column}: ${show(text)} is not a time` };
}

export function toBar(cells: Cells, columns: BarColumns, instrument: string, intervalMs: number): BarRow | Problem {
  const ts = timeOf(cells, columns.time, columns.timeOfDay);
  if (typeof ts !== 'number') return ts;
  const row: Record<string, number> = {};
  for (const field of ['open', 'high', 'low', 'close', 'volume', 'trades'] as const) {
    const value = cell(cells, columns[field]);
    if (value === undefined && field !== 'trades') return { problem: `${columns[field]}: missing` };
    const number = value === undefined ? 0 : toNumber(value);
    if (!Number.isFinite(number)) return { problem: `${columns[field]}: ${show(value)} is not a number` };
    row[field] = number;
  }
  const { open, high, low, close, volume, trades } = row as Record<'open' | 'high' | 'low' | 'close' | 'volume' | 'trades', number>;
  if (low <= 0) return { problem: `low ${low}: prices are above zero` };
  if (high < Math.max(open, close) || low > Math.min(open, close)) return { problem: `open ${open}, high ${high}, low ${low}, close ${close}: high is not the highest, or low not the lowest` };
  if (volume < 0 || trades < 0 || !Number.isSafeInteger(trades)) return { problem: `volume ${volume}, trades ${trades}: not below zero, trades a whole number` };
  return { instrument, intervalMs, ts, open, high, low, close, volume, trades };
}

export function toTick(cells: Cells, columns: TickColumns, instrument: string): Trade | Quote | Problem {
  const tsEvent = timeOf(cells, columns.time, columns.timeOfDay);
  if (typeof tsEvent !== 'number') return tsEvent;
  const tsInit = cell(cells, columns.receiveTime) === undefined ? tsEvent : timeOf(cells, columns.receiveTime);
  if (typeof tsInit !== 'number') return tsInit;
  const stamps = { tsEvent, tsInit };
  const number = (field: keyof TickColumns): number => toNumber(cell(cells, columns[field]));
  const isQuote = cell(cells, columns.bid) !== undefined && cell(cells, columns.price) === undefined;
  const body = isQuote
    ? { v: 1, type: 'quote', bid: number('bid'), bidSize: number('bidSize'), ask: number('ask'), askSize: number('askSize'), ...stamps }
    : { v: 1, type: 'trade', price: number('price'), size: number('size'), ...sideOf(cells, columns), ...idOf(cells, columns), ...stamps };
  const parsed = (isQuote ? quoteSchema : tradeSchema).safeParse(body);
  if (parsed.success) return { ...parsed.data, instrument } as Trade | Quote;
  const field = String(parsed.error.issues[0]?.path[0]) as keyof TickColumns;
  return { problem: `${columns[field] ?? field}: ${show(cell(cells, columns[field]))} is not what ${isQuote ? 'a quote' : 'a trade'} needs there` };
}

function sideOf(cells: Cells, columns: TickColumns): { side?: 'buy' | 'sell' } {
  const side = String(cell(cells, columns.side) ?? '').toLowerCase();
  if (side === 'buy' || side === 'b' || side === 'bid') return { side: 'buy' };
  if (side === 'sell' || side === 's' || side === 'a' || side === 'ask') return { side: 'sell' };
  const maker = String(cell(cells, columns.buyerIsMaker) ?? '').toLowerCase();
  if (maker === 'true' || maker === '1') return { side: 'sell' }; // a buyer who waited was hit by a seller
  return maker === 'false' || maker === '0' ? { side: 'buy' } : {};
}

function idOf(cells: Cells, columns: TickColumns): { id?: string } {
  const id = cell(cells, columns.id);
  return id === undefined || id === NESTED ? {} : { id: String(id).slice(0, 64) };
}
