/** From options to a configuration that can be started: opens the source, reads the folder's earlier run, finds ports. */
import { existsSync } from 'node:fs';
import { wallClock } from '../runtime/clock.ts';
import { type BinanceConfig, type Config, configPath, liveVenues, loadConfig } from '../runtime/config.ts';
import { messageOf, RefusedError } from '../runtime/errors.ts';
import { freePort, isPortFree } from '../infra/ports.ts';
import { defaultStoreUrl } from '../store/open.ts';
import { probeBinance, venueOf } from '../streams/sources/binance/live.ts';
import { openSource } from '../streams/sources/open.ts';
import { parseSourceOption } from '../streams/sources/option.ts';
import { SIMULATION_START_TS } from '../streams/sources/simulator/simulator.ts';
import { DEFAULTS, parseOptions, type RawOptions, type Wishes } from './options.ts';
import { planConfig, type Places, type SourceFacts } from './plan.ts';
import type { Terminal } from './terminal.ts';

/** How long the live venue may take to answer before the simulated market is taken, ms. */
const PROBE_MS = 3_000;
const PORTS_TRIED = 20;

export const problemsError = (problems: readonly string[]): RefusedError =>
  new RefusedError(problems.length === 1 ? problems[0]! : `${problems.length} problems:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`, 'See ./foretick up --help');

/** Throws RefusedError that lists everything that is wrong with the options. */
export function readWishes(raw: RawOptions, cwd: string): Wishes {
  const { wishes, problems } = parseOptions(raw, cwd);
  if (wishes.source?.kind === 'recording') problems.push(...wishes.source.paths.filter((path) => !existsSync(path)).map((path) => `--source: ${path} does not exist`));
  if (problems.length > 0) throw problemsError(problems);
  return wishes;
}

export const previousConfig = (dataDir: string): Config | null => (existsSync(configPath(dataDir)) ? loadConfig(configPath(dataDir)) : null);

export interface ChosenSource { readonly facts: SourceFacts; readonly title: string }

export async function chooseSource(wishes: Wishes, previous: Config | null, terminal: Terminal): Promise<ChosenSource> {
  const config = withSymbols(wishes.source ?? previous?.feed.source ?? (await defaultSource(terminal)), wishes);
  const source = await terminal.step('opening the source', () => openSource(config)).catch((error: unknown) => {
    throw error instanceof RefusedError ? error : new RefusedError(`--source: cannot be opened (${messageOf(error)})`, 'See ./foretick up --help', { cause: error });
  });
  const startTs = config.kind === 'simulator' ? SIMULATION_START_TS : null;
  return { title: source.title, facts: { config, kind: source.kind, instruments: source.instruments, span: source.span, startTs } };
}

/** A live source subscribes to what the universes name: an id at its venue, a bare symbol that no venue has yet at each. */
function withSymbols(source: Config['feed']['source'], wishes: Wishes): Config['feed']['source'] {
  const wanted = (wishes.universes ?? []).flatMap(({ symbols }) => symbols.map((symbol) => symbol.toUpperCase()));
  const known = new Set(liveVenues(source).flatMap(({ symbols }) => symbols));
  const bare = wanted.filter((symbol) => !symbol.includes('.') && !known.has(symbol));
  const more = (venue: BinanceConfig): BinanceConfig => {
    const prefix = `${venueOf(venue).toUpperCase()}.`;
    const named = wanted.filter((symbol) => symbol.startsWith(prefix)).map((symbol) => symbol.slice(prefix.length));
    return { ...venue, symbols: [...new Set([...venue.symbols, ...bare, ...named])] };
  };
  if (source.kind === 'binance') return more(source);
  return source.kind === 'merged' ? { ...source, venues: source.venues.map(more) } : source;
}

async function defaultSource(terminal: Terminal): Promise<Config['feed']['source']> {
  const live = parseSourceOption('binance');
  if (live.kind === 'binance' && (await terminal.step('looking for the live market', () => probeBinance(live, wallClock, PROBE_MS)))) return live;
  terminal.line(`  the live market can't be reached from here within ${PROBE_MS / 1_000} s: the simulated one is used`);
  return parseSourceOption('simulator:1');
}

/** The port that was asked for, or the first free one from the default on. Throws RefusedError when a port that was asked for is taken. */
export async function chooseGatewayPort(wishes: Wishes, previous: Config | null): Promise<number> {
  if (wishes.port === 0) return freePort();
  if (wishes.port !== undefined) {
    if (await isPortFree(wishes.port)) return wishes.port;
    throw new RefusedError(`--port: ${wishes.port} is in use by another program`, 'Choose another one, or --port 0 for any that is free.');
  }
  const first = previous?.gateway.port ?? DEFAULTS.port;
  for (let port = first; port < first + PORTS_TRIED; port++) if (await isPortFree(port)) return port;
  return freePort();
}

/** Throws RefusedError that lists everything that doesn't fit together. */
export function makeConfig(wishes: Wishes, source: ChosenSource, previous: Config | null, places: Omit<Places, 'defaultStoreUrl'>): Config {
  const { config, problems } = planConfig(wishes, source.facts, previous, { ...places, defaultStoreUrl: defaultStoreUrl(wishes.dataDir) });
  if (problems.length > 0) throw problemsError(problems);
  return config;
}
