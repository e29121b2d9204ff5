/**
 * Options + what the source turned out to hold + the data folder's earlier run → the configuration. Pure.
 *
 * 1. What an option leaves open is as in the earlier run of this folder, else the default.
 * 2. What would make this folder's stored messages mean something else (source, universe, training) can't change: refused.
 * 3. Speed, port, store, cache and server may change from run to run; results of virtual time don't depend on them.
 */
import { isDeepStrictEqual } from 'node:util';
import { isOwnServer } from '../infra/secrets.ts';
import { type Config, liveVenues, type UniverseConfig } from '../runtime/config.ts';
import { fromInstrumentId } from '../streams/instrument.ts';
import type { Source, Span } from '../streams/sources/source.ts';
import { DEFAULTS, type Wishes } from './options.ts';

export interface SourceFacts {
  readonly config: Config['feed']['source'];
  readonly kind: Source['kind'];
  readonly instruments: readonly string[];
  /** null: it has no end. */
  readonly span: Span | null;
  /** First known time of a virtual source, µs. */
  readonly startTs: number | null;
}
export interface Places {
  readonly nats: Config['nats'];
  readonly gatewayPort: number;
  readonly tokenFile: string;
  readonly defaultStoreUrl: string;
}

export function feedName(source: Config['feed']['source']): string {
  const venues = liveVenues(source);
  return venues.length === 0 ? source.kind : `binance-${venues.map(({ market }) => market).join('-')}`;
}

/** 0: a process a service. */
export const defaultWorkers = (universes: number): number => (universes > 1 ? Math.min(universes, DEFAULTS.workers) : 0);

/** Problems are lines for people; the configuration is whole when there are none. */
export function planConfig(wishes: Wishes, facts: SourceFacts, previous: Config | null, places: Places): { config: Config; problems: string[] } {
  const problems: string[] = [];
  const virtual = facts.kind !== 'live';
  const universes = chooseUniverses(wishes, facts, previous, problems);
  const untilTs = virtual ? (wishes.trainUntilTs ?? previous?.training.untilTs ?? defaultTrainUntil(facts)) : null;
  if (!virtual && wishes.trainUntilTs !== undefined) problems.push('--train-until: only for recordings and the simulator; a live feed trains on the history collected so far');
  if (wishes.trainUntilTs !== undefined && facts.span !== null && !(wishes.trainUntilTs > facts.span.fromTs && wishes.trainUntilTs < facts.span.toTs)) {
    problems.push(`--train-until: ${iso(wishes.trainUntilTs)} is outside this source's time, ${iso(facts.span.fromTs)} to ${iso(facts.span.toTs)}`);
  }
  if (!virtual && wishes.speed !== undefined && wishes.speed !== 1) problems.push('--speed: a live feed runs at its own speed; leave it out');
  if (wishes.exit === true && facts.span === null) problems.push('--exit: this source has no end; give a recording, or a simulation with an end (simulator:1,minutes=90)');
  const speed = virtual ? (wishes.speed !== undefined ? wishes.speed : (previous?.feed.speed !== undefined ? previous.feed.speed : 1)) : 1;
  const config: Config = {
    v: 1,
    dataDir: wishes.dataDir,
    nats: places.nats,
    feed: { name: feedName(facts.config), source: facts.config, ...contentsOf(facts), virtual, speed, fastUntil: virtual && speed !== null ? untilTs : null },
    universes,
    workers: wishes.workers ?? previous?.workers ?? defaultWorkers(universes.length),
    training: { untilTs, minMinutes: DEFAULTS.minMinutes, ungated: wishes.ungated ?? previous?.training.ungated ?? false },
    store: { url: wishes.storeUrl ?? previous?.store.url ?? places.defaultStoreUrl },
    cache: { url: wishes.cacheUrl ?? previous?.cache.url ?? DEFAULTS.cacheUrl },
    gateway: { host: '127.0.0.1', port: places.gatewayPort, tokenFile: places.tokenFile },
  };
  if (previous !== null) problems.push(...changes(previous, config));
  return { config, problems };
}

const contentsOf = ({ kind, instruments, span }: SourceFacts): Pick<Config['feed'], 'contents'> => (kind === 'recording' && span !== null ? { contents: { instruments: [...instruments], span } } : {});

const iso = (ts: number): string => new Date(ts / 1_000).toISOString();

function defaultTrainUntil({ span, startTs }: SourceFacts): number {
  if (span !== null) return Math.floor(span.fromTs + (span.toTs - span.fromTs) * DEFAULTS.trainShare);
  return (startTs ?? 0) + DEFAULTS.simulatedTrainUs;
}

/** All have one step and the same horizons. */
function chooseUniverses(wishes: Wishes, facts: SourceFacts, previous: Config | null, problems: string[]): UniverseConfig[] {
  const stepMs = wishes.stepMs ?? previous?.universes[0]?.stepMs ?? DEFAULTS.stepMs;
  const horizonsMs = wishes.horizonsMs ?? previous?.universes[0]?.horizonsMs ?? DEFAULTS.horizonsMs;
  const before = previous?.universes.map(({ name, instruments }) => ({ name, symbols: instruments }));
  const wanted = wishes.universes ?? before ?? [{ name: DEFAULTS.universe, symbols: [] }];
  const holders = new Map<string, string>();
  return wanted.map(({ name, symbols }) => {
    // A name alone: as in the earlier run, else everything.
    const instruments = symbols.length > 0 ? chooseInstruments(symbols, facts, problems) : [...(previous?.universes[0]?.instruments ?? facts.instruments)];
    for (const instrument of instruments) {
      const other = holders.get(instrument);
      if (other !== undefined) problems.push(`--universe: ${fromInstrumentId(instrument).symbol} is in ${other} and in ${name}; an instrument is in one universe, where its forecast is`);
      holders.set(instrument, name);
    }
    return { name, instruments, stepMs, horizonsMs: [...horizonsMs], leaders: instruments.slice(0, 2) };
  });
}

/** Symbols may be written bare (BTCUSDT) or as ids (binance-usdm.BTCUSDT). */
function chooseInstruments(wanted: readonly string[], facts: SourceFacts, problems: string[]): string[] {
  return wanted.flatMap((text) => {
    const found = facts.instruments.filter((id) => id === text || fromInstrumentId(id).symbol.toUpperCase() === text.toUpperCase());
    if (found.length === 0) problems.push(`--universe: the source has no ${text}; it has ${facts.instruments.slice(0, 12).map((id) => fromInstrumentId(id).symbol).join(', ')}${facts.instruments.length > 12 ? ', …' : ''}`);
    return found;
  });
}

function changes(previous: Config, next: Config): string[] {
  const server = ({ nats }: Config): string => (isOwnServer(nats.credentialsFile, next.dataDir) ? 'its own server' : nats.url);
  const kept: readonly (readonly [string, unknown, unknown])[] = [
    ['--source', previous.feed.source, next.feed.source],
    ['--universe', previous.universes.map(named), next.universes.map(named)],
    ['--step', previous.universes[0]!.stepMs, next.universes[0]!.stepMs],
    ['--horizons', previous.universes[0]!.horizonsMs, next.universes[0]!.horizonsMs],
    ['--train-until', previous.training.untilTs, next.training.untilTs],
    ['--nats', server(previous), server(next)],
    ['--ungated', previous.training.ungated, next.training.ungated],
  ];
  return kept.filter(([, before, after]) => !isDeepStrictEqual(before, after)).map(([flag, before, after]) =>
    `${flag}: this data folder was started with ${brief(before)}, not ${brief(after)}; use another folder (--data DIR), or leave the option out to go on with that one`);
}

const named = ({ name, instruments }: UniverseConfig): unknown[] => [name, instruments];
const brief = (value: unknown): string => JSON.stringify(value).slice(0, 120);
