/**
 * What is newest of each instrument, read through the cache port, whichever adapter it is.
 *
 * 1. A cache that is away costs time alone: the answer then comes from what the gateway reads of the streams itself, and says so.
 * 2. Values live as long as their writer. Where nobody has written for EXPIRE_MS they are null, and the answer says why.
 * 3. What can't be read in a shared cache (somebody else's writing) is null, and counted.
 */
import { type Cache, frameKey, latestKey, onlineKey } from '../cache/cache.ts';
import { type FrameRow, frameRows, parseFrameRow } from '../cache/frameRows.ts';
import { EXPIRE_MS } from '../cache/online.ts';
import { messageOf, RetryError } from '../runtime/errors.ts';
import type { OnlineInfo, UniverseInfo } from '../sdk/api.ts';
import type { InstrumentId } from '../streams/instrument.ts';
import { flagNames } from '../streams/messages/frame.ts';
import { parseLatestPrediction, parseLatestPrice, parseLatestScore } from '../streams/messages/latest.ts';
import { decodeJson } from '../streams/parse.ts';
import type { GatewayData } from './data.ts';
import { mapInSlices } from './slices.ts';

/** Read without letting others in between: each has up to a hundred features to parse. */
const INSTRUMENTS_AT_ONCE = 50;

export interface OnlineReaderOptions extends Pick<GatewayData, 'latest' | 'latestFrame' | 'featureNames'> {
  readonly cache: Cache;
  readonly kind: 'memory' | 'redis';
  /** False when `latest`, whose values these are, has been silent. */
  isWritten(): boolean;
  onAnswer(from: OnlineInfo['from']): void;
  onAway(error: RetryError): void;
  onUnreadable(): void;
}
type Values = OnlineInfo['instruments'][number];
type Frames = ReadonlyMap<InstrumentId, FrameRow>;

const SILENT = `nothing was written for ${EXPIRE_MS / 1_000} s or more, so what was held has expired: see what \`./foretick status\` says of latest`;

export function createOnlineReader(options: OnlineReaderOptions): GatewayData['online'] {
  return async (universe, instruments) => {
    let info: OnlineInfo;
    try {
      info = await fromCache(options, universe, instruments);
    } catch (error) {
      if (!(error instanceof RetryError)) throw error;
      options.onAway(error);
      info = await fromStreams(options, universe, instruments, error.message);
    }
    // Emptied, or only just begun: its writer is about to fill it.
    if (info.writtenAt === null && info.from !== 'streams' && options.isWritten()) info = await fromStreams(options, universe, instruments, 'the cache is empty and being filled');
    options.onAnswer(info.from);
    return info;
  };
}

async function fromCache({ cache, kind, onUnreadable }: OnlineReaderOptions, { name }: UniverseInfo, instruments: readonly InstrumentId[]): Promise<OnlineInfo> {
  const kinds = (['price', 'prediction', 'score'] as const);
  const [heartbeat, ...texts] = await cache.get([onlineKey(name), ...instruments.flatMap((instrument) => [...kinds.map((each) => latestKey(name, each, instrument)), frameKey(name, instrument)])]);
  const read = <T>(text: string | null | undefined, parse: (bytes: Uint8Array) => T): T | null => {
    if (text === null || text === undefined) return null;
    try {
      return parse(Buffer.from(text));
    } catch {
      onUnreadable();
      return null;
    }
  };
  const writtenAt = read(heartbeat, (bytes) => Number((decodeJson(bytes, 'heartbeat') as { at: unknown }).at) || null);
  const values = await mapInSlices(instruments, (instrument, i): Values => {
    const [price, prediction, score, row] = texts.slice(4 * i, 4 * i + 4);
    return { instrument, price: read(price, parseLatestPrice), prediction: read(prediction, parseLatestPrediction), score: read(score, parseLatestScore), frame: toFrame(read(row, parseFrameRow)) };
  }, INSTRUMENTS_AT_ONCE);
  return { universe: name, from: kind, writtenAt, detail: writtenAt === null ? SILENT : '', instruments: values };
}

/** Nothing, where its writer is silent: nobody knows how old it is. */
async function fromStreams(options: OnlineReaderOptions, universe: UniverseInfo, instruments: readonly InstrumentId[], why: string): Promise<OnlineInfo> {
  const answer = (detail: string, valuesOf: (instrument: InstrumentId) => Omit<Values, 'instrument'>): OnlineInfo =>
    ({ universe: universe.name, from: 'streams', writtenAt: null, detail, instruments: instruments.map((instrument) => ({ instrument, ...valuesOf(instrument) })) });
  if (!options.isWritten()) return answer(`${why}; and latest is silent: see \`./foretick status\``, () => ({ price: null, prediction: null, score: null, frame: null }));
  let frames: Frames = new Map();
  let detail = `${why}; this is what the gateway reads itself`;
  try {
    const frame = await options.latestFrame(universe.name);
    if (frame !== null) frames = new Map(frameRows(frame, options.featureNames(universe)).map(({ instrument, row }) => [instrument, row]));
  } catch (error) {
    if (!(error instanceof RetryError)) throw error;
    detail += `, without features: ${messageOf(error)}`;
  }
  return answer(detail, (instrument) => ({ ...options.latest(instrument), frame: toFrame(frames.get(instrument) ?? null) }));
}

function toFrame(row: FrameRow | null): Values['frame'] {
  if (row === null) return null;
  const { ts, schema, mid, flags, features } = row;
  return { ts, schema, mid, flags: flagNames(flags), features };
}
