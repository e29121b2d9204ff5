/**
 * The options of `foretick up` as typed values. Everything that can be judged without opening the source is judged here,
 * and every problem is listed, not only the first. What wasn't given is undefined: the plan fills it from the data
 * folder's earlier run, or with the default.
 */
import { resolve } from 'node:path';
import { checkCacheUrl, MEMORY_URL } from '../cache/open.ts';
import { RefusedError } from '../runtime/errors.ts';
import { type Config, MAX_HORIZON_STEPS, MAX_UNIVERSES, MAX_WORKERS } from '../runtime/config.ts';
import { type NatsAddress, natsOption, type RawNatsOptions, replicasOption, syncOption, tlsOption } from './natsOptions.ts';
import { parseSourceOption } from '../streams/sources/option.ts';
import { storeUrl } from '../store/open.ts';

export interface RawOptions extends RawNatsOptions {
  readonly source?: string; readonly universe?: readonly string[]; readonly workers?: string; readonly step?: string; readonly horizons?: string; readonly speed?: string;
  readonly trainUntil?: string; readonly data: string; readonly port?: string; readonly store?: string; readonly cache?: string; readonly ungated?: boolean; readonly exit?: boolean;
}
/** No symbols: all of the source's. */
export interface WishedUniverse { readonly name: string; readonly symbols: readonly string[] }
export interface Wishes {
  readonly source?: Config['feed']['source'];
  readonly universes?: readonly WishedUniverse[];
  readonly workers?: number;
  readonly stepMs?: number;
  readonly horizonsMs?: readonly number[];
  /** null = as fast as it goes. */
  readonly speed?: number | null;
  /** µs. */
  readonly trainUntilTs?: number;
  readonly dataDir: string;
  readonly port?: number;
  readonly storeUrl?: string;
  readonly cacheUrl?: string;
  readonly nats?: NatsAddress;
  /** A file or folder, for that server. */
  readonly natsCreds?: string;
  readonly natsTls?: Config['nats']['tls'];
  readonly replicas?: number;
  readonly sync?: Config['nats']['sync'];
  readonly ungated?: boolean;
  /** Stop when the source has ended. */
  readonly exit?: boolean;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const UNITS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000 };

/** `1000`, `500ms`, `5s`, `1m` in ms. */
function duration(text: string): number {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|)$/.exec(text.trim()) ?? [];
  if (digits === undefined) throw new RefusedError(`"${text}" is not a duration; write 1000, 500ms, 5s or 1m`);
  return Number(digits) * UNITS[unit!]!;
}

function step(text: string): number {
  const ms = duration(text);
  if (ms < 100 || ms > 60_000 || ms % 100 !== 0) throw new RefusedError('a step is 100 ms to 60 s, in hundreds of ms');
  return ms;
}

function horizons(text: string): number[] {
  const list = [...new Set(text.split(',').map(duration))].toSorted((a, b) => a - b);
  if (list.length > 8 || list[0]! <= 0) throw new RefusedError('one to eight horizons above zero, such as 1s,5s,15s');
  return list;
}

function universe(text: string): WishedUniverse {
  const [, name = '', list] = /^([^=:]*)(?:[=:](.*))?$/.exec(text) ?? [];
  if (!NAME.test(name)) throw new RefusedError('write NAME or NAME=SYMBOL,SYMBOL…; a name has lower-case letters, digits and dashes, at most 32');
  const symbols = list === undefined ? [] : list.split(',').map((symbol) => symbol.trim()).filter((symbol) => symbol !== '');
  if (list !== undefined && symbols.length === 0) throw new RefusedError(`no symbol after ${name}`);
  return { name, symbols: [...new Set(symbols)] };
}

/** Several must say what is in each. */
function universes(texts: readonly string[]): WishedUniverse[] {
  const list = texts.map(universe);
  const names = list.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new RefusedError(`${twice} twice`);
  const open = list.find(({ symbols }) => symbols.length === 0);
  if (list.length > 1 && open !== undefined) throw new RefusedError(`${open.name} names no symbols; with several universes write each as NAME=SYMBOL,SYMBOL…`);
  if (list.length > MAX_UNIVERSES) throw new RefusedError(`${list.length} universes, at most ${MAX_UNIVERSES}`);
  return list;
}

function workers(text: string): number {
  const value = Number(text);
  if (!/^\d{1,3}$/.test(text) || value < 1 || value > MAX_WORKERS) throw new RefusedError(`write a number of processes, 1 to ${MAX_WORKERS}`);
  return value;
}

function speed(text: string): number | null {
  if (text === 'max') return null;
  const value = Number(text);
  if (!(value > 0 && value <= 1e6)) throw new RefusedError(`"${text}" is not a speed; write 1, 60 or max`);
  return value;
}

/** ISO time (without a zone it is UTC), or µs since the epoch. */
export function time(text: string): number {
  if (/^\d{12,17}$/.test(text)) return Number(text);
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.includes('T') ? text : `${text}T00:00`}Z`);
  if (Number.isNaN(ms)) throw new RefusedError(`"${text}" is not a time; write 2026-01-05T00:40:00Z, or µs since 1970`);
  return ms * 1_000;
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535 || text.trim() === '') throw new RefusedError(`"${text}" is not a port; write 0 (any free one) to 65535`);
  return value;
}

function source(text: string, cwd: string): Config['feed']['source'] {
  const parsed = parseSourceOption(text);
  return parsed.kind === 'recording' ? { ...parsed, paths: parsed.paths.map((path) => resolve(cwd, path)) } : parsed;
}

/** An option that may be given several times, as commander passes it. */
export const collect = (text: string, before: readonly string[] = []): string[] => [...before, text];

/** Each problem is one line that begins with the option. */
export function parseOptions(raw: RawOptions, cwd: string): { wishes: Wishes; problems: string[] } {
  const problems: string[] = [];
  const read = <T, U = string>(flag: string, text: U | undefined, parse: (text: U) => T): T | undefined => {
    if (text === undefined) return undefined;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      problems.push(`${error.message.startsWith(flag) ? '' : `${flag}: `}${error.message}${error.hint === '' ? '' : ` (${error.hint})`}`);
      return undefined;
    }
  };
  const wishes: Wishes = {
    source: read('--source', raw.source, (text) => source(text, cwd)),
    universes: read('--universe', raw.universe, universes),
    workers: read('--workers', raw.workers, workers),
    stepMs: read('--step', raw.step, step),
    horizonsMs: read('--horizons', raw.horizons, horizons),
    speed: read('--speed', raw.speed, speed),
    trainUntilTs: read('--train-until', raw.trainUntil, time),
    dataDir: resolve(cwd, raw.data),
    port: read('--port', raw.port, port),
    storeUrl: read('--store', raw.store, (text) => storeUrl(text, cwd)),
    cacheUrl: read('--cache', raw.cache, checkCacheUrl),
    nats: read('--nats', raw.nats, natsOption),
    natsCreds: raw.natsCreds === undefined ? undefined : resolve(cwd, raw.natsCreds),
    natsTls: read('--nats-cert', '', () => tlsOption(raw, cwd)),
    replicas: read('--replicas', raw.replicas, replicasOption),
    sync: read('--sync', raw.sync, syncOption),
    ungated: raw.ungated,
    exit: raw.exit,
  };
  const { stepMs, horizonsMs } = wishes;
  if (stepMs !== undefined || horizonsMs !== undefined) {
    for (const h of horizonsMs ?? DEFAULTS.horizonsMs) {
      if (h > MAX_HORIZON_STEPS * (stepMs ?? DEFAULTS.stepMs)) problems.push(`--horizons: ${h} ms is more than ${MAX_HORIZON_STEPS} steps of ${stepMs ?? DEFAULTS.stepMs} ms: take longer steps`);
      if (h % (stepMs ?? DEFAULTS.stepMs) !== 0) problems.push(`--horizons: ${h} ms is not a multiple of the step, ${stepMs ?? DEFAULTS.stepMs} ms`);
    }
  }
  return { wishes, problems };
}

export const DEFAULTS = {
  universe: 'main',
  /** With several universes: one more than a machine needs, so that one can be killed. */
  workers: 2,
  stepMs: 1_000,
  horizonsMs: [1_000, 5_000, 15_000],
  port: 8_765,
  cacheUrl: MEMORY_URL,
  /** Live: minutes of history before the first model; the one-slope rule needs no more, and the page says how long it still takes. */
  minMinutes: 10,
  /** Virtual and bounded: the share of the known-time span that trains. */
  trainShare: 0.6,
  /** Simulator without an end: the first hour is generated at full speed and trains. */
  simulatedTrainUs: 3_600_000_000,
} as const;
