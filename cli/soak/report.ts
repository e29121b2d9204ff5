/**
 * Samples → what a soak found. Pure.
 *
 * 1. Slopes are fitted after the warm-up: caches fill, code is compiled, pools reach their size.
 * 2. `flat`: the slope's 95 % interval contains 0, or the slope is below BOUND_MB_PER_DAY. It is `certain` when the whole
 *    interval is below that bound: a short run has wide intervals, which contain 0 and prove nothing.
 * 3. A run of less than LEAST_MINUTES gives slopes and no verdict: V8 lets a young heap grow before it collects.
 * 4. Disk grows by design until retention takes what is old. It is told apart, with no verdict.
 */
import { BATCHES, slopeOf } from '../../quant/slope.ts';
import { OUTCOMES } from '../../streams/streams.ts';
import type { Sample, ServiceSample } from './sample.ts';

/** 10 MB an hour: what grows by less lives for weeks within a gigabyte. */
export const BOUND_MB_PER_DAY = 240;
export const WARM_UP_SHARE = 0.2;
/** Further behind than this at the end is not keeping up, s of the stream's own messages. */
const BEHIND_LIMIT_S = 5;
/** The first forecast comes when it comes, so what is played isn't quite what was counted (speed.ts). */
const RATE_TOLERANCE = 0.03;
export const LEAST_MINUTES = 15;
const MB = 1_000_000;
const HOUR_S = 3_600;

export interface MemoryTrend { readonly lastMb: number; readonly mbPerHour: number; readonly lo: number; readonly hi: number; readonly verdict: 'flat' | 'grows' | 'too short'; readonly certain: boolean }
export interface ServiceReport {
  readonly name: string;
  /** null with too few samples, or where there is nothing to ask. */
  readonly rss: MemoryTrend | null;
  readonly heap: MemoryTrend | null;
  readonly external: MemoryTrend | null;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly loopLagMostMs: number | null;
  /** Of the stream that it is furthest behind on, in seconds of that stream's messages. */
  readonly behindLastS: number;
  readonly behindMostS: number;
  readonly restarts: number;
}
export interface SoakReport {
  readonly ticksPerSecond: { readonly wanted: number; readonly measured: number };
  readonly minutes: number;
  readonly warmUpMinutes: number;
  readonly samples: number;
  readonly boundMbPerDay: number;
  readonly services: readonly ServiceReport[];
  readonly disk: readonly { readonly what: string; readonly mb: number; readonly mbPerHour: number }[];
  readonly keptUp: boolean;
  readonly problems: readonly string[];
}

/** `ended`: see soak.ts. */
export function reportOf(samples: readonly Sample[], wantedPerSecond: number, ended: string | null = null): SoakReport {
  const wholeS = samples.at(-1)?.atS ?? 0;
  const warmUpS = wholeS * WARM_UP_SHARE;
  const steady = samples.filter(({ atS }) => atS >= warmUpS);
  const measured = perSecond(steady.filter(({ ticks }) => !Number.isNaN(ticks)), ({ ticks }) => ticks);
  const services = [...new Set(steady.flatMap((sample) => Object.keys(sample.services)))].map((name) => serviceReport(name, steady));
  const gone = services.filter(({ name }) => steady.at(-1)?.services[name] === undefined);
  const slow = services.filter(({ behindLastS }) => behindLastS > BEHIND_LIMIT_S);
  const rateHeld = measured >= wantedPerSecond * (1 - RATE_TOLERANCE);
  return {
    ticksPerSecond: { wanted: wantedPerSecond, measured: round(measured, 1) },
    minutes: round(wholeS / 60, 2), warmUpMinutes: round(warmUpS / 60, 2), samples: steady.length, boundMbPerDay: BOUND_MB_PER_DAY,
    services, disk: diskOf(steady), keptUp: rateHeld && slow.length === 0,
    problems: [
      ...(ended === null ? [] : [`the pipeline ended by itself after ${round(wholeS / 60, 2)} minutes: ${ended}`]),
      ...gone.map(({ name }) => `${name} was not there at the last look`),
      ...(rateHeld ? [] : [`${Math.round(measured)} ticks/s were reached, ${wantedPerSecond} were wanted`]),
      ...(steady.length < 2 * BATCHES ? [`${steady.length} samples are too few to fit a slope`] : []),
      ...slow.map(({ name, behindLastS }) => `${name} was ${behindLastS} s behind at the end`),
      ...services.filter(({ restarts }) => restarts > 0).map(({ name, restarts }) => `${name} was restarted ${restarts} times`),
      ...services.filter(({ rss }) => rss?.verdict === 'grows').map(({ name, rss }) => `${name} grows by ${rss!.mbPerHour} MB an hour [${rss!.lo}, ${rss!.hi}]`),
    ],
  };
}

function serviceReport(name: string, steady: readonly Sample[]): ServiceReport {
  const seen = steady.flatMap(({ atS, services }) => (services[name] === undefined ? [] : [{ atS, service: services[name] }]));
  const trend = (of: (service: ServiceSample) => number | null): MemoryTrend | null => {
    const known = seen.flatMap(({ atS, service }) => (of(service) === null ? [] : [{ atS, bytes: of(service)! }]));
    return trendOf(known.map(({ atS }) => atS), known.map(({ bytes }) => bytes));
  };
  const lags = seen.flatMap(({ service }) => (service.loopLagMs === null ? [] : [service.loopLagMs]));
  const behind = steady.map((sample) => behindS(name, sample, steady));
  return {
    name, rss: trend(({ rssBytes }) => rssBytes), heap: trend(({ heapBytes }) => heapBytes), external: trend(({ externalBytes }) => externalBytes),
    cpuPercent: round(100 * perSecond(seen, ({ service }) => service.cpuSeconds), 1),
    loopLagMostMs: lags.length === 0 ? null : round(Math.max(...lags), 1),
    behindLastS: round(behind.at(-1) ?? 0, 2), behindMostS: round(Math.max(0, ...behind), 2),
    restarts: (seen.at(-1)?.service.restarts ?? 0) - (seen[0]?.service.restarts ?? 0),
  };
}

function trendOf(timesS: readonly number[], bytes: readonly number[]): MemoryTrend | null {
  const wholeS = timesS.at(-1) ?? 0;
  const slope = timesS.length < 2 * BATCHES ? null : slopeOf(timesS, bytes);
  if (slope === null) return null;
  const [mbPerHour, lo, hi] = [slope.perSecond, slope.lo, slope.hi].map((value) => (value * HOUR_S) / MB) as [number, number, number];
  const bound = BOUND_MB_PER_DAY / 24;
  return {
    lastMb: round(bytes.at(-1)! / MB, 1), mbPerHour: round(mbPerHour, 2), lo: round(lo, 2), hi: round(hi, 2),
    verdict: wholeS < LEAST_MINUTES * 60 ? 'too short' : lo <= 0 || mbPerHour < bound ? 'flat' : 'grows', certain: hi < bound || (lo > 0 && mbPerHour >= bound),
  };
}

/** Of OUTCOMES, latest takes the scores alone: its position rests between them. */
const takesAll = (name: string, stream: string): boolean => !(name === 'latest' && stream === OUTCOMES);

/** Its widest distance to the end of a stream it reads, divided by how fast that stream grows. */
function behindS(name: string, sample: Sample, steady: readonly Sample[]): number {
  const cursors = Object.entries(sample.services[name]?.cursors ?? {}).filter(([stream]) => takesAll(name, stream));
  return Math.max(0, ...cursors.map(([stream, cursor]) => {
    const rate = perSecond(steady, ({ streams }) => streams[stream]?.lastSeq ?? 0);
    const behind = (sample.streams[stream]?.lastSeq ?? cursor) - cursor;
    return rate > 0 ? Math.max(0, behind) / rate : 0;
  }));
}

function diskOf(steady: readonly Sample[]): SoakReport['disk'] {
  const last = steady.at(-1);
  if (last === undefined) return [];
  const entry = (what: string, of: (sample: Sample) => number) => ({ what, mb: round(of(last) / MB, 1), mbPerHour: round((perSecond(steady, of) * HOUR_S) / MB, 1) });
  return [...Object.keys(last.streams).map((name) => entry(name, ({ streams }) => streams[name]?.bytes ?? 0)), entry('store', ({ storeBytes }) => storeBytes)];
}

/** From the first to the last. */
function perSecond<T extends { readonly atS: number } >(seen: readonly T[], of: (item: T) => number): number {
  const [first, last] = [seen[0], seen.at(-1)];
  return first === undefined || last === undefined || last.atS <= first.atS ? 0 : (of(last) - of(first)) / (last.atS - first.atS);
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale || 0;
}
