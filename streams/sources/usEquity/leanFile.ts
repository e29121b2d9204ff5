/**
 * A recording of US equities as QuantConnect's Lean keeps it: a zip with one CSV without header, one symbol and day a file.
 *
 *   trade: ms since midnight New York, price × 10,000, size, exchange, sale condition (hex), suspicious
 *   quote: ms, bid × 10,000, bid size, ask × 10,000, ask size, exchange, condition (hex), suspicious; price 0 = side absent
 *
 * Only the regular session counts. Suspicious rows and opening prints, which are auctions and not continuous trading, are
 * dropped and counted. The exchange's time is all there is: tsInit = tsEvent.
 * Source: Lean's documentation of its tick format, and the data itself.
 */
import { messageOf, RefusedError } from '../../../runtime/errors.ts';
import { toInstrumentId } from '../../instrument.ts';
import { readLines } from '../recording/lines.ts';
import { createPatience, type Drop, dropBadTimes, firstRowUs, type RecordingFile, type Row, type Tick } from '../recording/row.ts';
import { openZip, unzipEntry, type ZipEntry } from '../recording/zip.ts';
import { type BestRow, createNationalBest } from './nationalBest.ts';
import { CLOSE_MS_OF_DAY, OPEN_MS_OF_DAY, type Session, sessionOfDay } from './newYork.ts';

const MAX_LINE_BYTES = 200;
const PRICE_SCALE = 10_000;
/** Bit of the sale condition: the opening print. */
const OPENING_PRINT = 0x40;
const INNER_NAME = /^(\d{4})(\d{2})(\d{2})_([a-z0-9.-]{1,16})_(Quote|Trade)_Tick\.csv$/i;
const QUOTE = /^(\d{1,8}),(\d{1,12}),(\d{1,9}),(\d{1,12}),(\d{1,9}),[^,]*,[^,]*,([01])$/;
const TRADE = /^(\d{1,8}),(\d{1,12}),(\d{1,9}),[^,]*,([0-9a-f]{1,8}),([01])$/i;

type Dropped = { readonly dropped: string };
/** What lines become: ticks, or reasons. `end` gives what was held back. */
interface LineReader {
  read(text: string): Tick | Dropped | null;
  end(): Tick | Dropped | null;
}

/** Throws RefusedError when the file isn't such a zip. */
export async function openLeanFile(path: string): Promise<RecordingFile> {
  const entry = await openZip(path);
  const name = INNER_NAME.exec(entry.name);
  if (name === null) throw new RefusedError(`${path}: holds ${entry.name}`, 'The file inside must be named like 20131007_ibm_Quote_Tick.csv: it says day, symbol and kind.');
  const [, year, month, day, symbol, kind] = name;
  const dayMs = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  if (!(dayMs >= 0 && new Date(dayMs).toISOString().startsWith(`${year}-${month}-${day}`))) throw new RefusedError(`${path}: holds ${entry.name}, whose name begins with no day since 1970`, 'The file inside must be named like 20131007_ibm_Quote_Tick.csv: it says day, symbol and kind.');
  const session = sessionOfDay(dayMs);
  const instrument = toInstrumentId('us-equity', symbol!.toUpperCase());
  const createReader = (): LineReader => (kind!.toLowerCase() === 'quote' ? createQuoteReader(instrument, session) : createTradeReader(instrument, session));
  const file: RecordingFile & { firstUs: number } = {
    path, venue: 'us-equity', order: entry.name.toLowerCase(), firstUs: Infinity,
    rows: (drop) => dropBadTimes(rowsOf(file, entry, createReader(), drop), drop),
  };
  file.firstUs = await firstRowUs(file.rows(() => undefined));
  return file;
}

async function* rowsOf(file: RecordingFile, entry: ZipEntry, reader: LineReader, drop: Drop): AsyncGenerator<Row[]> {
  let rows: Row[] = [];
  const take = (result: Tick | Dropped | null): void => {
    if (result === null) return;
    if ('dropped' in result) drop(result.dropped);
    else rows.push({ file, us: result.tsInit, ns: 0, content: result });
  };
  const patience = createPatience(file.path);
  let last = 0;
  try {
    for await (const lines of readLines(unzipEntry(entry), MAX_LINE_BYTES)) {
      let readable = 0;
      for (const { text } of lines) {
        const result = text === null ? TOO_LARGE : reader.read(text);
        if (result !== MALFORMED && result !== TOO_LARGE) readable++;
        take(result);
      }
      last = lines.at(-1)!.number;
      patience.take(lines.length, readable, last);
      if (rows.length > 0) yield rows;
      rows = [];
    }
  } catch (error) {
    if (error instanceof RefusedError) throw error;
    throw new RefusedError(`${file.path}: damaged zip after line ${last} (${messageOf(error)})`, 'Copy the file again, or leave it out.', { cause: error });
  }
  take(reader.end());
  if (rows.length > 0) yield rows;
}

/** µs since the epoch; null outside the session. */
function toTs(msOfDay: number, session: Session): number | null {
  if (msOfDay < OPEN_MS_OF_DAY || msOfDay >= CLOSE_MS_OF_DAY) return null;
  return session.from + (msOfDay - OPEN_MS_OF_DAY) * 1_000;
}

const MALFORMED: Dropped = { dropped: 'malformed' };
const TOO_LARGE: Dropped = { dropped: 'tooLarge' };
const SUSPICIOUS: Dropped = { dropped: 'suspicious' };
const OUTSIDE: Dropped = { dropped: 'outsideSession' };

function createTradeReader(instrument: string, session: Session): LineReader {
  return {
    read(text) {
      const fields = TRADE.exec(text);
      if (fields === null) return MALFORMED;
      const price = Number(fields[2]) / PRICE_SCALE;
      const size = Number(fields[3]);
      const ts = toTs(Number(fields[1]), session);
      if (!(price > 0 && size > 0)) return MALFORMED;
      if (fields[5] === '1') return SUSPICIOUS;
      if (ts === null) return OUTSIDE;
      if ((Number.parseInt(fields[4]!, 16) & OPENING_PRINT) !== 0) return { dropped: 'openingPrint' };
      return { v: 1, type: 'trade', price, size, tsEvent: ts, tsInit: ts, instrument };
    },
    end: () => null,
  };
}

function createQuoteReader(instrument: string, session: Session): LineReader {
  const best = createNationalBest(instrument);
  return {
    read(text) {
      const fields = QUOTE.exec(text);
      if (fields === null) return MALFORMED;
      const [bid, bidSize, ask, askSize] = [Number(fields[2]) / PRICE_SCALE, Number(fields[3]), Number(fields[4]) / PRICE_SCALE, Number(fields[5])];
      const ts = toTs(Number(fields[1]), session);
      if (bid === 0 && ask === 0) return MALFORMED;
      if (fields[6] === '1') return SUSPICIOUS;
      if (ts === null) return OUTSIDE;
      const row: BestRow = { ts, bid, bidSize, ask, askSize };
      return best.push(row);
    },
    end: () => best.flush(),
  };
}
