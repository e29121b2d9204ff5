/**
 * The indicators that NautilusTrader has too, over the same prices: EMA(10), RSI(14), MACD(12, 26), Bollinger(20, 2), log return over 10.
 * The values at the end must agree, or there is no figure. Seconds are processor time on either side.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { catalogue } from '../quant/features/catalogue.ts';
import type { Book, Step } from '../quant/features/definition.ts';
import { createRandom } from '../quant/random.ts';
import { type Bench, compared, inTurn, missing, type Row, type Target } from './bench.ts';
import { cpuSeconds } from './support/cpu.ts';
import { ensurePeers, type Peer, PEERS, startPeers } from './support/python.ts';

const STEP_MS = 1_000;
const NAMES = ['ema_dist_10s', 'rsi_14', 'macd_line_12_26_9', 'boll_pos_20', 'ret_10s'] as const;
const TOLERANCE = 1e-6;
const TARGETS: Readonly<Record<Peer, Target | null>> = { NautilusTrader: { of: 'ratio', atLeast: 3 }, River: null, 'TA-Lib': null };
const NOTES: Readonly<Record<Peer, string>> = { NautilusTrader: 'One update a price from Python, as its strategies do.', River: 'Composed of its statistics.', 'TA-Lib': 'A batch in C over the whole array: it can\'t follow a stream.' };

function randomPrices(count: number): Float64Array {
  const random = createRandom(1);
  let price = 100;
  return Float64Array.from({ length: count }, () => (price = Math.max(1, price + (random.next() < 0.6 ? 0.005 * Math.round(20 * random.normal()) : 0))));
}

function ours(prices: Float64Array): { seconds: number; last: Record<string, number> } {
  const features = NAMES.map((name) => catalogue(STEP_MS).find((feature) => feature.name === name)!);
  const states = features.map((feature) => new Float64Array(feature.slots));
  features.forEach((feature, i) => feature.init(states[i]!));
  const book = { bid: 0, bidSize: 1, ask: 0, askSize: 1, mid: 0, lastPrice: 0, lastTradeTs: 0, lastQuoteTs: 0 };
  const step: Step = { ts: 0, stepMs: STEP_MS, book: book as Book, leaderMids: [], sessionFrom: NaN, sessionTo: NaN };
  const values = new Float64Array(features.length);
  const seconds = cpuSeconds(() => {
    for (const price of prices) {
      book.mid = price;
      for (let i = 0; i < features.length; i++) values[i] = features[i]!.onStep(states[i]!, step);
    }
  });
  const [ema, rsi, macd, bands, change] = values as unknown as [number, number, number, number, number];
  const last = prices.at(-1)!;
  return { seconds, last: { ema: last / (1 + ema / 1e4), rsi, macd: (macd * last) / 1e4, bands, return: change / 1e4 } };
}

function mustAgree(library: string, theirs: Readonly<Record<string, number>>, mine: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(mine)) {
    if (!(Math.abs(theirs[name]! - value) <= TOLERANCE * Math.max(1, Math.abs(value)))) throw new Error(`${library} gives ${name} ${theirs[name]}, foretick ${value}`);
  }
}

export const bench: Bench = {
  name: 'indicators',
  about: 'EMA(10), RSI(14), MACD(12, 26), Bollinger(20, 2) and log return over 10, updated and read at every price; values at the end agree to 1e-6.',
  leavesOut: 'NautilusTrader\'s use from Rust. Ours compute more than is compared: the signal line, the distance in bps.',
  async run({ quick, say }) {
    const row = (peer: Peer) => ({ name: `indicators, beside ${peer}`, unit: 'prices/s', beside: PEERS[peer].replace('==', ' '), target: TARGETS[peer] });
    const peers = Object.keys(PEERS) as Peer[];
    const prices = randomPrices(quick ? 20_000 : 500_000);
    const mine = ours(prices);
    for (let i = 0; i < 2; i++) ours(prices); // compiled by now
    if (quick) return [{ ...missing(row('NautilusTrader'), 'the quick form installs nothing'), value: prices.length / Math.max(1e-6, ours(prices).seconds) }];
    const problem = await ensurePeers();
    if (problem !== null) return peers.map((peer) => missing(row(peer), problem));
    const file = join(mkdtempSync(join(tmpdir(), 'foretick-indicators-')), 'prices.f64');
    writeFileSync(file, new Uint8Array(prices.buffer));
    const python = startPeers();
    const rows: Row[] = [];
    try {
      for (const peer of peers) {
        const theirs = async (): Promise<number> => {
          const { seconds, last } = await python.ask(peer, file);
          mustAgree(peer, last, mine.last);
          return prices.length / seconds;
        };
        const pairs = await inTurn(peer === 'River' ? 3 : 7, () => prices.length / ours(prices).seconds, theirs);
        say(`${peer}: ${pairs.ours.map(Math.round).join(', ')} against ${pairs.beside.map(Math.round).join(', ')}`);
        rows.push(compared(pairs, { ...row(peer), note: NOTES[peer] }));
      }
    } finally {
      python.end();
    }
    return rows;
  },
};
