/**
 * A recording as a source: any number of files, merged by receive time, as feed messages. A pure function of the files'
 * content: neither the folder, nor the order in which they are named, nor the wall clock matters.
 *
 *  1. tsInit is the receive time floored to µs, and never behind known time.
 *  2. Ties: file order (row.ts), then line.
 *  3. Opening reads everything once: instruments and span are exact, and a damaged file is refused before anything is published.
 *     Who is told what was found in it (`contents`) doesn't read it for that again.
 */
import { RefusedError } from '../../runtime/errors.ts';
import { fromInstrumentId, type InstrumentId } from '../instrument.ts';
import type { FeedMessage } from '../messages/feed.ts';
import { createBinanceParser, type BinanceParser, type BinanceVenue } from './binance/parse.ts';
import { createContinuousEnvelope } from './recording/envelope.ts';
import { findRecordingFiles } from './recording/find.ts';
import { mergeRows } from './recording/merge.ts';
import type { RecordingFile, Row } from './recording/row.ts';
import type { Contents, Source, Span } from './source.ts';
import { createSessionEnvelope } from './usEquity/sessions.ts';

const CHUNK = 1_000;
const MAX_INSTRUMENTS = 500;
const MARKET = { 'binance-usdm': 'Binance USD-M futures', 'binance-spot': 'Binance spot', 'us-equity': 'US equities' } as const;

type Counts = Source['counts'];

/** Paths are files or folders. Throws RefusedError with what is wrong and where: of damage, only while it is read. */
export async function openRecording(paths: readonly string[], contents?: Contents): Promise<Source & { readonly span: Span }> {
  const files = await findRecordingFiles(paths);
  const { instruments, span } = contents ?? (await scan(files));
  const counts: Counts = { trades: 0, quotes: 0, dropped: {} };
  return {
    kind: 'recording',
    title: titleOf(files, instruments, span),
    instruments,
    span,
    counts,
    async *messages(signal) {
      counts.trades = 0;
      counts.quotes = 0;
      for (const reason of Object.keys(counts.dropped)) delete counts.dropped[reason];
      yield* messagesOf(files, counts, signal);
    },
  };
}

async function* messagesOf(files: readonly RecordingFile[], counts: Counts, signal: AbortSignal): AsyncGenerator<FeedMessage[]> {
  const envelope = files[0]!.venue === 'us-equity' ? createSessionEnvelope() : createContinuousEnvelope();
  const drop = (reason: string): void => void (counts.dropped[reason] = (counts.dropped[reason] ?? 0) + 1);
  const decode = createDecoder();
  let known = 0;
  let out: FeedMessage[] = [];
  const push = (message: FeedMessage): void => void out.push(message);
  for await (const rows of mergeRows(files, drop)) {
    for (const row of rows) {
      const tick = decode(row, Math.max(known, row.us));
      if (tick === null) continue;
      if ('dropped' in tick) {
        drop(tick.dropped);
        continue;
      }
      known = tick.tsInit;
      envelope.before(known, push);
      out.push(tick);
      if (tick.type === 'trade') counts.trades++;
      else counts.quotes++;
    }
    for (; out.length >= CHUNK; out = out.slice(CHUNK)) {
      if (signal.aborted) return;
      yield out.slice(0, CHUNK);
    }
  }
  envelope.end(push);
  for (let from = 0; from < out.length && !signal.aborted; from += CHUNK) yield out.slice(from, from + CHUNK);
}

/** One parser a venue, over all its files in merged order: a tick that two files hold comes out once. */
function createDecoder(): (row: Row, tsInit: number) => ReturnType<BinanceParser['parse']> {
  const parsers = new Map<string, BinanceParser>();
  const parserOf = (venue: string): BinanceParser => {
    const parser = parsers.get(venue) ?? createBinanceParser(venue as BinanceVenue);
    parsers.set(venue, parser);
    return parser;
  };
  return (row, tsInit) => {
    if (typeof row.content === 'string') return parserOf(row.file.venue).parse(row.content, tsInit);
    return row.content.tsInit === tsInit ? row.content : { ...row.content, tsInit };
  };
}

async function scan(files: readonly RecordingFile[]): Promise<Contents> {
  const instruments = new Set<InstrumentId>();
  let fromTs = -1;
  let toTs = 0;
  for await (const chunk of messagesOf(files, { trades: 0, quotes: 0, dropped: {} }, new AbortController().signal)) {
    if (fromTs < 0) fromTs = chunk[0]!.tsInit;
    toTs = chunk.at(-1)!.tsInit;
    for (const message of chunk) if (message.type === 'trade' || message.type === 'quote') instruments.add(message.instrument);
  }
  if (instruments.size === 0) throw new RefusedError(`${files.map(({ path }) => path).join(', ')}: no ticks in this recording`, 'Every line is of another kind, or outside the regular session.');
  if (instruments.size > MAX_INSTRUMENTS) throw new RefusedError(`${instruments.size} instruments in one recording, at most ${MAX_INSTRUMENTS}`, 'Name fewer files.');
  return { instruments: [...instruments].sort(), span: { fromTs, toTs } };
}

function titleOf(files: readonly RecordingFile[], instruments: readonly InstrumentId[], span: Span): string {
  const markets = [...new Set(files.map(({ venue }) => MARKET[venue]))].join(' and ');
  const symbols = instruments.map((id) => fromInstrumentId(id).symbol);
  const shown = symbols.length > 4 ? `${symbols.slice(0, 4).join(', ')} and ${symbols.length - 4} more` : symbols.join(', ');
  const [from, to] = [span.fromTs, span.toTs].map((ts) => new Date(ts / 1_000).toISOString().slice(0, 16).replace('T', ' '));
  return `Recording of ${markets}: ${shown}, ${from} to ${to} UTC`;
}
