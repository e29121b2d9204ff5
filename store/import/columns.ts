/**
 * Which column of a file means what. Names are compared without case and punctuation, so `Open time`, `open_time` and
 * `openTime` are one. The first alias that is there wins.
 */
import { RefusedError } from '../../runtime/errors.ts';

const TIME = ['opentime', 'tsevent', 'timestamp', 'datetime', 'date', 'time', 'ts', 'exchangetimestamp', 'transacttime', 'transactiontime', 'tradetime', 'eventtime', 'candlebegintime', 'barstart', 'starttime', 'start', 't'];
const BAR = {
  time: TIME, open: ['open', 'o', 'openprice'], high: ['high', 'h', 'highprice'], low: ['low', 'l', 'lowprice'], close: ['close', 'c', 'closeprice'],
  volume: ['volume', 'v', 'vol', 'basevolume', 'volumebase'], trades: ['trades', 'count', 'tradecount', 'numberoftrades', 'numtrades', 'n'],
} as const;
const TICK = {
  time: TIME, receiveTime: ['tsinit', 'localtimestamp', 'receivetime', 'recvtime', 'receivedat', 'tsrecv'],
  price: ['price', 'p', 'px', 'tradeprice'], size: ['size', 'qty', 'quantity', 'amount', 'volume', 'q', 'sz'], side: ['side', 'takerside', 'aggressorside'],
  buyerIsMaker: ['isbuyermaker', 'buyermaker', 'm'], id: ['tradeid', 'id', 'aggtradeid'],
  bid: ['bid', 'bidprice', 'bestbid', 'bestbidprice', 'bidpx'], bidSize: ['bidsize', 'bidqty', 'bidamount', 'bestbidqty', 'bestbidsize', 'bidvolume', 'bidsz'],
  ask: ['ask', 'askprice', 'bestask', 'bestaskprice', 'askpx'], askSize: ['asksize', 'askqty', 'askamount', 'bestaskqty', 'bestasksize', 'askvolume', 'asksz'],
} as const;

/** Field → column name in the file; null where the file has none. `time` may be two columns: a date and a time of day. */
export type Columns<F extends string> = Readonly<Record<F, string | null>> & { readonly timeOfDay: string | null };
export type BarColumns = Columns<keyof typeof BAR>;
export type TickColumns = Columns<keyof typeof TICK>;

const normal = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function map<F extends string>(aliases: Readonly<Record<F, readonly string[]>>, names: readonly string[]): Columns<F> {
  const byName = new Map<string, string>();
  for (const name of names) if (!byName.has(normal(name))) byName.set(normal(name), name);
  const find = (field: F): string | null => aliases[field].map((alias) => byName.get(alias)).find((name) => name !== undefined) ?? null;
  const columns = Object.fromEntries((Object.keys(aliases) as F[]).map((field) => [field, find(field)])) as Record<F | 'time', string | null>;
  const splitTime = columns.time !== null && normal(columns.time) === 'date' && byName.has('time');
  return { ...columns, timeOfDay: splitTime ? byName.get('time')! : null };
}

function refuse(what: string, missing: readonly string[], names: readonly string[]): never {
  throw new RefusedError(
    `${what} need a column for ${missing.join(', ')}; the file has ${names.slice(0, 30).join(', ') || 'none'}`,
    'Rename the columns, or name them in order for a file without a header line: --columns time,open,high,low,close,volume',
  );
}

/** Throws RefusedError naming what is missing and what the file has. */
export function barColumns(names: readonly string[]): BarColumns {
  const columns = map(BAR, names);
  const missing = (['time', 'open', 'high', 'low', 'close', 'volume'] as const).filter((field) => columns[field] === null);
  return missing.length > 0 ? refuse('bars', missing, names) : columns;
}

/** Trades have a price and a size, quotes a bid and an ask with their sizes; a file may hold both. */
export function tickColumns(names: readonly string[]): TickColumns {
  const columns = map(TICK, names);
  const lacks = (fields: readonly (keyof typeof TICK)[]): string[] => fields.filter((field) => columns[field] === null);
  const trade = lacks(['price', 'size']);
  const quote = lacks(['bid', 'bidSize', 'ask', 'askSize']);
  const missing = [...lacks(['time']), ...(trade.length > 0 && quote.length > 0 ? (quote.length < 4 ? quote : trade) : [])];
  return missing.length > 0 ? refuse('ticks', missing, names) : columns;
}
