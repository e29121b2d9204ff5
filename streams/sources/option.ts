/**
 * `--source` as text to a SourceConfig. Pure. Forms:
 *
 *   binance                            BTCUSDT and ETHUSDT, USD-M futures
 *   binance:spot:BTCUSDT,ETHUSDT       market (spot or usdm), then symbols
 *   binance:spot:A+binance:usdm:A      both as one feed
 *   simulator                          seed 1, four symbols, endless
 *   simulator:7,minutes=90,symbols=4,walk
 *   recording:PATH[,PATH…]             files or folders
 *   recording:A+recording:B            both as one feed
 */
import { type BinanceConfig, type SourceConfig, sourceSchema } from '../../runtime/config.ts';
import { RefusedError } from '../../runtime/errors.ts';
import { parseWith } from '../parse.ts';
import { BINANCE_STREAM_URL } from './binance/live.ts';

const EXAMPLES = 'For example: --source binance, --source binance:spot:BTCUSDT,ETHUSDT, --source simulator:7,minutes=90,symbols=4,walk, --source recording:../shared/data/binance-usdm';
const MAX_CHARS = 100_000;
const DEFAULT_SYMBOLS = ['BTCUSDT', 'ETHUSDT'];
const DEFAULT_SEED = 1;
const DEFAULT_SIMULATED_SYMBOLS = 4;

/** Throws RefusedError with what is wrong and an example. */
export function parseSourceOption(text: string): SourceConfig {
  if (text.length > MAX_CHARS) throw refuse(`${text.length} characters, at most ${MAX_CHARS}`);
  const merged = text.split(/\+(?=(?:binance|simulator|recording)(?::|$))/);
  if (merged.length > 1) return merge(merged.map(parseSourceOption));
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? null : text.slice(colon + 1);
  if (kind === 'binance') return checked(parseBinance(rest));
  if (kind === 'simulator') return checked(parseSimulator(rest));
  if (kind === 'recording') return checked(parseRecording(rest));
  throw refuse(`'${kind.slice(0, 100)}' is none of binance, simulator, recording`);
}

/** Recordings by receive time, whatever venue they are of (recording.ts); live venues by arrival (binance/live.ts). */
function merge(sources: readonly SourceConfig[]): SourceConfig {
  const paths = sources.flatMap((source) => (source.kind === 'recording' ? source.paths : []));
  const venues = sources.filter((source) => source.kind === 'binance');
  if (sources.every(({ kind }) => kind === 'recording')) return checked({ kind: 'recording', paths });
  if (venues.length < sources.length) throw refuse('only recordings, or only live venues, are merged into one feed');
  // In one order, so that A+B is the source that B+A was, and a market that is named twice is one venue.
  const markets = (['spot', 'usdm'] as const).flatMap((market): BinanceConfig[] => {
    const same = venues.filter((venue) => venue.market === market);
    return same.length === 0 ? [] : [{ ...same[0]!, symbols: [...new Set(same.flatMap(({ symbols }) => symbols))] }];
  });
  return checked(markets.length === 1 ? markets[0]! : { kind: 'merged', venues: markets });
}

const refuse = (why: string): RefusedError => new RefusedError(`--source: ${why}`, EXAMPLES);

/** The bounds are the config's own. */
function checked(config: SourceConfig): SourceConfig {
  try {
    return parseWith(sourceSchema, config, '--source');
  } catch (error) {
    throw error instanceof RefusedError ? new RefusedError(error.message, EXAMPLES) : error;
  }
}

function parseBinance(rest: string | null): SourceConfig {
  const [market = 'usdm', list, ...more] = rest?.split(':') ?? [];
  if (market !== 'spot' && market !== 'usdm') throw refuse(`'${market}' is none of spot, usdm`);
  if (more.length > 0) throw refuse(`'${more.join(':')}' after the symbols`);
  const symbols = list === undefined ? DEFAULT_SYMBOLS : list.split(',').map((symbol) => symbol.trim().toUpperCase());
  if (symbols.some((symbol) => !/^[\p{L}\p{N}_-]{1,32}$/u.test(symbol))) throw refuse(`'${list}' is no list of symbols`);
  return { kind: 'binance', market, streamUrl: BINANCE_STREAM_URL[market], symbols: [...new Set(symbols)] };
}

function parseSimulator(rest: string | null): SourceConfig {
  const config = { kind: 'simulator' as const, seed: DEFAULT_SEED, symbols: DEFAULT_SIMULATED_SYMBOLS, minutes: null as number | null, predictable: true };
  const seen = new Set<string>();
  for (const part of rest?.split(',') ?? []) {
    const [key, value] = /^\d+$/.test(part) ? ['seed', part] : part.split('=', 2);
    if (seen.has(key!)) throw refuse(`${key} twice`);
    seen.add(key!);
    if (part === 'walk') config.predictable = false;
    else if (key === 'seed' || key === 'symbols' || key === 'minutes') config[key] = toNumber(key, value);
    else throw refuse(`'${part.slice(0, 100)}' is none of SEED, minutes=N, symbols=N, walk`);
  }
  return config;
}

function toNumber(key: string, value: string | undefined): number {
  if (value === undefined || !/^\d+(\.\d+)?$/.test(value)) throw refuse(`${key}=${value ?? ''} is no number`);
  return Number(value);
}

function parseRecording(rest: string | null): SourceConfig {
  const paths = (rest ?? '').split(',').filter((path) => path !== '');
  if (paths.length === 0) throw refuse('recording names no file or folder');
  return { kind: 'recording', paths };
}
