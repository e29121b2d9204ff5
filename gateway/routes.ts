/**
 * The REST paths under /api/v1, as data: what each takes, what it answers, and how. rest.ts serves this table and
 * openapi.ts describes it, so that neither can say something else.
 */
import { z } from 'zod';
import * as api from '../sdk/api.ts';
import { championAt } from '../quant/champion.ts';
import { fromInstrumentId } from '../streams/instrument.ts';
import { parseInterval } from '../streams/interval.ts';
import { decodeRows, flagNames, type Frame } from '../streams/messages/frame.ts';
import { parseFeedMessage } from '../streams/messages/feed.ts';
import { RetryError } from '../runtime/errors.ts';
import type { FeedRow } from '../store/history.ts';
import { importFeed } from '../store/import/feed.ts';
import type { GatewayData } from './data.ts';
import { fromParam, horizonParam, instrumentParam, instrumentsParam, intervalParam, limitParam, rangeOf, toParam, universeParam } from './query.ts';
import { ApiRefusal } from './refusal.ts';
import { mapInSlices } from './slices.ts';

export interface Route<Q = Record<string, unknown>> {
  readonly path: string;
  readonly summary: string;
  readonly query: z.ZodObject;
  readonly answer: z.ZodType;
  handle(data: GatewayData, query: Q): unknown;
}

/** Ties the handler's query type to its schema. */
const route = <S extends z.ZodObject, A extends z.ZodType>(
  path: string, summary: string, query: S, answer: A, handle: (data: GatewayData, query: z.infer<S>) => z.infer<A> | Promise<z.infer<A>>,
): Route => ({ path, summary, query, answer, handle: handle as Route['handle'] });

const ranged = { from: fromParam, to: toParam, limit: limitParam };

export const ROUTES: readonly Route[] = [
  route('/universes', 'The universes served here', z.strictObject({}), z.array(api.universeInfo), (data) => [...data.universes]),
  route('/symbols', 'The instruments of a universe with their newest prices', z.strictObject({ universe: universeParam }), z.array(api.symbolInfo), symbols),
  route('/ticks', 'Trades and quotes of an instrument, oldest first', z.strictObject({ instrument: instrumentParam, ...ranged }), z.array(api.tick), ticks),
  route(
    '/bars', 'Open, high, low, close of mids on known time, oldest first',
    z.strictObject({ instrument: instrumentParam, interval: intervalParam, ...ranged }), z.array(api.bar), bars,
  ),
  route('/frames/latest', 'The newest feature rows of every instrument', z.strictObject({ universe: universeParam }), api.latestFrame, latestFrame),
  route(
    '/online', 'The newest price, forecast, score and features of instruments, from the cache',
    z.strictObject({ universe: universeParam, instruments: instrumentsParam }), api.onlineInfo, online,
  ),
  route(
    '/predictions', 'Forecasts with what happened, oldest first; realisedBps is null until the horizon has passed',
    z.strictObject({ universe: universeParam, instrument: instrumentParam, horizonMs: horizonParam, ...ranged }), z.array(api.judgedPrediction), predictions,
  ),
  route('/scores', 'The newest scores: per model, horizon and instrument, and pooled as `*`', z.strictObject({ universe: universeParam }), api.scoresInfo, scores),
  route('/models', 'The model that serves, its card, and every model event', z.strictObject({ universe: universeParam }), api.modelsInfo, models),
  route('/health', 'What each service says of itself', z.strictObject({}), api.healthInfo, (data) => data.health()),
];

function universeOf(data: GatewayData, name: string | undefined): api.UniverseInfo {
  const found = name === undefined ? data.universes[0] : data.universes.find((universe) => universe.name === name);
  if (found === undefined) throw new ApiRefusal(404, `there is no universe ${JSON.stringify(name)} here`, `There is: ${data.universes.map((universe) => universe.name).join(', ')}.`);
  return found;
}
const holderOf = (data: GatewayData, instrument: string): api.UniverseInfo | undefined => data.universes.find((universe) => universe.instruments.includes(instrument));
const noInstrument = (instrument: string): ApiRefusal => new ApiRefusal(404, `there is no instrument ${JSON.stringify(instrument)} here`, 'GET /api/v1/symbols lists them.');

function symbols(data: GatewayData, query: { universe?: string | undefined }): api.SymbolInfo[] {
  const universe = universeOf(data, query.universe);
  return universe.instruments.map((instrument) => ({
    instrument, ...fromInstrumentId(instrument), universe: universe.name, price: data.latest(instrument).price,
  }));
}

/** Is there anything at all? */
const ANY = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1 };

type Ranged = { from?: number | undefined; to?: number | undefined; limit?: number | undefined };

async function ticks(data: GatewayData, query: Ranged & { instrument: string }): Promise<api.Tick[]> {
  const universe = holderOf(data, query.instrument);
  const { from, to, limit } = rangeOf(query);
  // Imported ticks have a feed of their own, and may be of an instrument that no universe holds.
  const read = (feed: string, range = { from, to, limit }): Promise<FeedRow[]> => data.history().ticks(feed, query.instrument, range.from, range.to, range.limit);
  const imported = await read(importFeed(query.instrument));
  const own = universe === undefined ? [] : await read(universe.feed);
  if (universe === undefined && imported.length === 0 && (await read(importFeed(query.instrument), ANY)).length === 0) throw noInstrument(query.instrument);
  const rows = imported.length === 0 ? own : [...imported, ...own].sort((a, b) => a.tsInit - b.tsInit).slice(-limit);
  return (await mapInSlices(rows, toTick)).filter((tick) => tick !== null);
}

function toTick(row: FeedRow): api.Tick | null {
  const message = parseFeedMessage(row.subject, row.body);
  if (message.type !== 'trade' && message.type !== 'quote') return null;
  const { v: _v, instrument: _instrument, ...fields } = message;
  return { seq: row.seq, ...fields };
}

async function bars(data: GatewayData, query: Ranged & { instrument: string; interval: string }): Promise<api.Bar[]> {
  const { from, to, limit } = rangeOf(query);
  const read = (range = { from, to, limit }) => data.history().bars(query.instrument, parseInterval(query.interval)!, range.from, range.to, range.limit);
  const rows = await read();
  // Imported bars may be of an instrument that no universe holds.
  if (rows.length === 0 && holderOf(data, query.instrument) === undefined && (await read(ANY)).length === 0) {
    throw new ApiRefusal(404, `there are no bars of ${query.interval} of ${JSON.stringify(query.instrument)} here`, 'GET /api/v1/symbols lists the instruments that are recorded; an imported one has bars of the interval that was imported.');
  }
  return rows.map(({ ts, open, high, low, close, volume, trades }) => ({ ts, open, high, low, close, volume, trades }));
}

async function latestFrame(data: GatewayData, query: { universe?: string | undefined }): Promise<api.LatestFrame> {
  const universe = universeOf(data, query.universe);
  const frame = await data.latestFrame(universe.name);
  if (frame === null) throw new ApiRefusal(404, 'there is no frame yet', 'The first one comes with the first step of the grid after the feed has begun.');
  return toLatestFrame(frame, data.featureNames(universe));
}

function toLatestFrame(frame: Frame, features: readonly string[]): api.LatestFrame {
  const values = decodeRows(frame.rows);
  const width = features.length;
  if (values.length !== frame.symbols.length * width) {
    throw new RetryError('the newest frame has other features than this gateway knows', 'It was made by another version. Restart everything with `./foretick up`.');
  }
  const rows = frame.symbols.map((instrument, i) => ({
    instrument, mid: frame.mid[i] ?? null, flags: flagNames(frame.flags[i] ?? 0),
    values: Array.from(values.subarray(i * width, (i + 1) * width), (value) => (Number.isFinite(value) ? value : null)),
  }));
  return { ts: frame.ts, schema: frame.schema, features: [...features], rows };
}

async function online(data: GatewayData, query: { universe?: string | undefined; instruments?: string | undefined }): Promise<api.OnlineInfo> {
  const universe = universeOf(data, query.universe);
  const named = new Set(query.instruments?.split(',') ?? universe.instruments);
  const served = new Set(universe.instruments);
  const unknown = [...named].find((instrument) => !served.has(instrument));
  if (unknown !== undefined) throw noInstrument(unknown);
  return data.online(universe, [...named]);
}

async function predictions(
  data: GatewayData, query: Ranged & { universe?: string | undefined; instrument: string; horizonMs: number },
): Promise<api.JudgedPrediction[]> {
  const universe = universeOf(data, query.universe);
  if (!universe.instruments.includes(query.instrument)) throw noInstrument(query.instrument);
  if (!universe.horizonsMs.includes(query.horizonMs)) {
    throw new ApiRefusal(404, `${universe.name} has no horizon of ${query.horizonMs} ms`, `It has: ${universe.horizonsMs.join(', ')}.`);
  }
  const { from, to, limit } = rangeOf(query);
  const rows = await data.history().predictions(universe.name, query.instrument, query.horizonMs, from, to, limit);
  return mapInSlices(rows, ({ universe: _universe, instrument: _instrument, ...row }) => row);
}

async function scores(data: GatewayData, query: { universe?: string | undefined }): Promise<api.ScoresInfo> {
  const rows = await data.history().scores(universeOf(data, query.universe).name, Number.MAX_SAFE_INTEGER);
  return { frameTs: rows[0]?.frameTs ?? null, scores: rows.map(({ universe: _universe, frameTs: _frameTs, ...score }) => score) };
}

async function models(data: GatewayData, query: { universe?: string | undefined }): Promise<api.ModelsInfo> {
  const universe = universeOf(data, query.universe);
  const events = data.modelEvents(universe.name);
  // A promotion may hold from a frame that is yet to come. Before any prediction was seen, what was last decided stands.
  const frameTs = Math.max(...universe.instruments.map((instrument) => data.latest(instrument).prediction?.frameTs ?? -1));
  const champion = championAt(events, frameTs < 0 ? Number.MAX_SAFE_INTEGER : frameTs);
  return { champion, events: [...events], card: champion === null ? null : await data.card(champion) };
}
