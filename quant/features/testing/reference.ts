/**
 * For tests: each feature again, computed from the whole history at one step, straight from its formula, with no state
 * and nothing shared with the code under test. `k` is the step's place in the history.
 */
import type { Quote, Trade } from '../../../streams/messages/tick.ts';
import type { Book } from '../definition.ts';
import type { History } from './harness.ts';

const BPS = 10_000;
/** Compensated (Neumaier 1974), so that the reference is the more exact side. */
function sum(xs: readonly number[]): number {
  let [total, lost] = [0, 0];
  for (const x of xs) {
    const next = total + x;
    lost += Math.abs(total) >= Math.abs(x) ? total - next + x : x - next + total;
    total = next;
  }
  return total + lost;
}
const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** What one formula needs: the history up to k and the grid. */
export class Past {
  readonly history: History;
  readonly k: number;
  readonly stepMs: number;
  constructor(history: History, k: number, stepMs: number) {
    this.history = history;
    this.k = k;
    this.stepMs = stepMs;
  }
  get book(): Book { return this.history[this.k]!.step.book; }
  steps(seconds: number): number { return Math.max(1, Math.round((seconds * 1_000) / this.stepMs)); }
  mid(i: number): number { return i < 0 ? NaN : this.history[i]!.step.book.mid; }
  ret(i: number, n = 1): number { return BPS * Math.log(this.mid(i) / this.mid(i - n)); }
  /** The last n steps' places; none while there are fewer. */
  last(n: number): number[] { return this.k + 1 < n ? [] : range(this.k - n + 1, this.k); }
  trades(i: number): { trade: Trade; before: Book }[] {
    return this.history[i]!.seen.flatMap(({ tick, before }) => (tick.type === 'trade' ? [{ trade: tick, before }] : []));
  }
  quotes(i: number): { quote: Quote; before: Book }[] {
    return this.history[i]!.seen.flatMap(({ tick, before }) => (tick.type === 'quote' ? [{ quote: tick, before }] : []));
  }
  /** Weighted by 2^(−age/half-life), age in known values. */
  ewma(xs: readonly number[], halfLifeS: number): number {
    const known = xs.filter((x) => !Number.isNaN(x));
    const weights = known.map((_, i) => 2 ** (-((known.length - 1 - i) * this.stepMs) / (halfLifeS * 1_000)));
    return known.length === 0 ? NaN : sum(known.map((x, i) => x * weights[i]!)) / sum(weights);
  }
  vol(halfLifeS = 60): number {
    const rets = range(1, this.k).map((i) => this.ret(i)).filter((r) => !Number.isNaN(r));
    const variance = this.ewma(rets.map((r) => r * r), halfLifeS) / (this.stepMs / 1_000);
    return rets.length < 5 ? NaN : Math.max(0.05, Math.sqrt(variance));
  }
  depth(): number {
    return this.ewma(range(0, this.k).map((i) => (this.history[i]!.step.book.bidSize + this.history[i]!.step.book.askSize) / 2), 60);
  }
  knownMids(): number[] { return range(0, this.k).map((i) => this.mid(i)).filter((m) => m > 0); }
}

const imbalanceOf = (b: Book): number => (b.bidSize + b.askSize > 0 ? (b.bidSize - b.askSize) / (b.bidSize + b.askSize) : NaN);
const spreadOf = (b: Book): number => (BPS * (b.ask - b.bid)) / b.mid;
const micropriceOf = (b: Book): number => {
  if (!(b.bidSize > 0 && b.askSize > 0)) return NaN;
  return (BPS * ((b.bid * b.askSize + b.ask * b.bidSize) / (b.bidSize + b.askSize) - b.mid)) / b.mid;
};
const signOf = (t: Trade, before: Book): number => {
  if (t.side) return t.side === 'buy' ? 1 : -1;
  if (t.price > before.mid) return 1;
  if (t.price < before.mid) return -1;
  return t.price > before.lastPrice ? 1 : t.price < before.lastPrice ? -1 : 0;
};
const signed = (p: Past, i: number): number => sum(p.trades(i).map(({ trade, before }) => signOf(trade, before) * trade.size));
const volume = (p: Past, i: number): number => sum(p.trades(i).map(({ trade }) => trade.size));
const orNaN = (xs: readonly number[], f: (xs: readonly number[]) => number): number => (xs.length === 0 ? NaN : f(xs));

/** EMA in closed form: the simple mean of the first n decayed, and every later value with its weight. */
function ema(xs: readonly number[], n: number, alpha = 2 / (n + 1)): number {
  if (xs.length < n) return NaN;
  const rest = xs.slice(n);
  const seed = sum(xs.slice(0, n)) / n;
  return (1 - alpha) ** rest.length * seed + sum(rest.map((x, i) => alpha * (1 - alpha) ** (rest.length - 1 - i) * x));
}

function macdParts(mids: readonly number[]): { line: number; signal: number } {
  const lines = range(26, mids.length).map((m) => ema(mids.slice(14, m), 12) - ema(mids.slice(0, m), 26));
  return { line: lines.at(-1) ?? NaN, signal: ema(lines, 9) };
}

function rsiOf(mids: readonly number[]): number {
  const changes = mids.slice(1).map((m, i) => m - mids[i]!);
  const rise = ema(changes.map((c) => Math.max(c, 0)), 14, 1 / 14);
  const fall = ema(changes.map((c) => Math.max(-c, 0)), 14, 1 / 14);
  return Number.isNaN(rise) ? NaN : rise + fall < 1e-14 ? 0 : (100 * rise) / (rise + fall);
}

function bollinger(p: Past): { mean: number; deviation: number } {
  const mids = p.last(20).map((i) => p.mid(i));
  const mean = orNaN(mids.map((m) => m - mids[0]!), sum) / 20 + (mids[0] ?? NaN);
  return { mean, deviation: Math.sqrt(orNaN(mids.map((m) => (m - mean) ** 2), sum) / 20) };
}

function roll(p: Past, n: number): number {
  const trades = range(0, p.k).flatMap((i) => p.trades(i).map(({ trade }) => ({ i, price: trade.price })));
  const changes = trades.map((t, j) => (j === 0 ? NaN : BPS * (t.price / trades[j - 1]!.price - 1)));
  const products = trades.flatMap((t, j) => (j >= 2 && t.i > p.k - n ? [changes[j]! * changes[j - 1]!] : []));
  return p.last(n).length === 0 || products.length === 0 ? NaN : 2 * Math.sqrt(Math.max(0, -sum(products) / products.length));
}

function orderFlow({ quote: q, before: b }: { quote: Quote; before: Book }): number {
  const bid = q.bid > b.bid ? q.bidSize : q.bid === b.bid ? q.bidSize - b.bidSize : q.bid < b.bid ? -b.bidSize : 0;
  const ask = q.ask < b.ask ? -q.askSize : q.ask === b.ask ? b.askSize - q.askSize : q.ask > b.ask ? b.askSize : 0;
  return bid + ask;
}

function kyle(p: Past, n: number): number {
  const steps = p.last(n);
  const squares = sum(steps.map((i) => signed(p, i) ** 2));
  return p.k < n || squares === 0 ? NaN : (p.depth() * sum(steps.map((i) => p.ret(i) * signed(p, i)))) / squares;
}

function effective(p: Past, n: number): number {
  const trades = p.last(n).flatMap((i) => p.trades(i)).filter(({ before }) => before.bid > 0);
  const paid = trades.map(({ trade, before }) => (trade.size * 2 * BPS * Math.abs(trade.price - before.mid)) / before.mid);
  return trades.length === 0 ? NaN : sum(paid) / sum(trades.map(({ trade }) => trade.size));
}

function leader(p: Past, which: number, n: number): number {
  const at = (i: number): number => (i < 0 ? NaN : p.history[i]!.step.leaderMids[which] ?? NaN);
  return BPS * Math.log(at(p.k) / at(p.k - n));
}

function rangePosition(p: Past, n: number): number {
  const mids = p.last(n).map((i) => p.mid(i));
  if (mids.length === 0) return NaN;
  const [high, low] = [Math.max(...mids), Math.min(...mids)];
  return high === low ? 0 : (2 * (p.mid(p.k) - low)) / (high - low) - 1;
}

function vwapDistance(p: Past, n: number): number {
  const value = sum(p.last(n).flatMap((i) => p.trades(i).map(({ trade }) => trade.price * trade.size)));
  const size = sum(p.last(n).map((i) => volume(p, i)));
  return size === 0 ? NaN : BPS * Math.log(p.mid(p.k) / (value / size));
}

function activity(p: Past, halfLifeS: number): number {
  const counts = range(0, p.k).map((i) => p.history[i]!.seen.length);
  return p.ewma(counts, 60) > 0 ? p.ewma(counts, halfLifeS) / p.ewma(counts, 60) : NaN;
}

type Formula = (p: Past, seconds: number, which: number) => number;
const time = (p: Past): number => (2 * Math.PI * (p.history[p.k]!.step.ts % 86_400e6)) / 86_400e6;
const rate = (p: Past, s: number, count: (i: number) => number): number =>
  orNaN(p.last(p.steps(s)).map(count), sum) / ((p.steps(s) * p.stepMs) / 1_000);
const spreads = (p: Past): number[] => range(0, p.k).map((i) => spreadOf(p.history[i]!.step.book));
const since = (p: Past, then: number): number => Math.min(600, (p.history[p.k]!.step.ts - then) / 1e6);

/** By name without its window (in seconds) or its leader. */
const FORMULAS: Record<string, Formula> = {
  mp_dev_bps: (p) => micropriceOf(p.book),
  mp_dev_vol: (p) => micropriceOf(p.book) / p.vol(),
  imb_top: (p) => imbalanceOf(p.book),
  imb_ewma: (p, s) => p.ewma(range(0, p.k).map((i) => imbalanceOf(p.history[i]!.step.book)), s),
  spread_bps: (p) => spreadOf(p.book),
  spread_ratio: (p, s) => (p.ewma(spreads(p), s) > 0 ? spreadOf(p.book) / p.ewma(spreads(p), s) : NaN),
  last_dev_bps: (p) => (BPS * (p.book.lastPrice - p.book.mid)) / p.book.mid,
  ret: (p, s) => p.ret(p.k, p.steps(s)),
  ret_vol: (p, s) => p.ret(p.k, p.steps(s)) / (p.vol() * Math.sqrt((p.steps(s) * p.stepMs) / 1_000)),
  vol_ewma: (p, s) => p.vol(s),
  rv: (p, s) => Math.sqrt(rate(p, s, (i) => p.ret(i) ** 2)),
  vol_ratio: (p, s) => p.vol(s) / p.vol(),
  boll_width_20: (p) => (BPS * 4 * bollinger(p).deviation) / bollinger(p).mean,
  boll_pos_20: (p) => (bollinger(p).deviation === 0 ? 0 : (p.book.mid - bollinger(p).mean) / (2 * bollinger(p).deviation)),
  ema_dist: (p, s) => BPS * (p.book.mid / ema(p.knownMids(), p.steps(s)) - 1),
  range_pos: (p, s) => rangePosition(p, p.steps(s)),
  rsi_14: (p) => rsiOf(p.knownMids()),
  macd_line_12_26_9: (p) => { const m = macdParts(p.knownMids()); return Number.isNaN(m.signal) ? NaN : (BPS * m.line) / p.book.mid; },
  macd_signal_12_26_9: (p) => (BPS * macdParts(p.knownMids()).signal) / p.book.mid,
  macd_hist_12_26_9: (p) => { const m = macdParts(p.knownMids()); return (BPS * (m.line - m.signal)) / p.book.mid; },
  vwap_dist: (p, s) => vwapDistance(p, p.steps(s)),
  ofi: (p, s) => orNaN(p.last(p.steps(s)).map((i) => sum(p.quotes(i).map(orderFlow))), sum) / p.depth(),
  signed_vol: (p, s) => orNaN(p.last(p.steps(s)).map((i) => signed(p, i)), sum) / p.depth(),
  trade_imb: (p, s) => {
    const total = orNaN(p.last(p.steps(s)).map((i) => volume(p, i)), sum);
    return total === 0 ? 0 : sum(p.last(p.steps(s)).map((i) => signed(p, i))) / total;
  },
  trade_rate: (p, s) => rate(p, s, (i) => p.trades(i).length),
  quote_rate: (p, s) => rate(p, s, (i) => p.quotes(i).length),
  activity_ratio: (p, s) => activity(p, s),
  since_trade_s: (p) => since(p, p.book.lastTradeTs),
  since_quote_s: (p) => since(p, p.book.lastQuoteTs),
  depth_ratio: (p) => Math.log((p.book.bidSize + p.book.askSize) / 2 / p.depth()),
  kyle_lambda: (p, s) => kyle(p, p.steps(s)),
  roll_spread: (p, s) => roll(p, p.steps(s)),
  eff_spread: (p, s) => effective(p, p.steps(s)),
  leader_ret: (p, s, which) => leader(p, which, p.steps(s)),
  session_pos: ({ history, k }) => {
    const { ts, sessionFrom, sessionTo } = history[k]!.step;
    return (ts - sessionFrom) / (sessionTo - sessionFrom);
  },
  tod_sin: (p) => Math.sin(time(p)),
  tod_cos: (p) => Math.cos(time(p)),
};

/** The value that the feature called `name` should have at step k. */
export function referenceValue(name: string, history: History, k: number, stepMs: number): number {
  const which = Number(/^leader(\d)/.exec(name)?.[1] ?? 0);
  const [, stem, seconds] = /^(.+?)(?:_(\d+)s)?$/.exec(name.replace(/^leader\d/, 'leader'))!;
  const formula = FORMULAS[stem!];
  if (!formula) throw new Error(`testing/reference.ts has no formula for ${name}: write one beside the feature's`);
  return formula(new Past(history, k, stepMs), Number(seconds ?? NaN), which);
}
