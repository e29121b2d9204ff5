/** What a seed lets happen: chances of faults on every link and in the store, and incidents at chosen events. Pure. */
import { CRASH_POINTS, type CrashPoint } from '../../runtime/crashPoint.ts';
import { createRandom } from '../../quant/random.ts';
import { CALM, type LinkFaults } from './connection.ts';
import type { ServiceName } from './services.ts';

export type Incident =
  /** kill -9, now. */
  | { readonly kind: 'kill'; readonly service: ServiceName }
  /** SIGTERM: it drains and is started again. */
  | { readonly kind: 'stop'; readonly service: ServiceName }
  /** kill -9 when it passes that point, after so many passes. */
  | { readonly kind: 'crashPoint'; readonly point: CrashPoint; readonly after: number }
  /** SIGSTOP while another one is started, and SIGCONT later. */
  | { readonly kind: 'freeze'; readonly service: ServiceName; readonly forMs: number }
  /** One connection is away. */
  | { readonly kind: 'cut'; readonly service: ServiceName; readonly forMs: number }
  /** The server is: every connection, and all readers. */
  | { readonly kind: 'restart'; readonly forMs: number };

export interface Plan {
  readonly seed: number;
  readonly faults: LinkFaults;
  /** Chances that a write to the store fails before and after it is done. */
  readonly store: { readonly before: number; readonly after: number };
  readonly incidents: readonly { readonly atEvent: number; readonly incident: Incident }[];
  readonly latencyMs: number;
  /** Messages that the source hands over at once. */
  readonly chunk: number;
  readonly snapshotEveryFrames: number;
}

export const CALM_PLAN: Plan = { seed: 0, faults: CALM, store: { before: 0, after: 0 }, incidents: [], latencyMs: 1, chunk: 1_000, snapshotEveryFrames: 300 };

const NAMES: readonly ServiceName[] = ['source', 'features', 'inference', 'outcomes', 'recorder', 'trainer'];
const POINTS: readonly CrashPoint[] = (['source', 'features', 'inference', 'outcomes', 'recorder'] as const).flatMap((name) => CRASH_POINTS[name]);
const MOST_INCIDENTS = 8;
const LONGEST_AWAY_MS = 8_000;

/** `events`: how many a calm run has; incidents fall within one and a half times that. */
export function makePlan(seed: number, events: number): Plan {
  const random = createRandom(seed);
  const below = (n: number): number => Math.floor(random.next() * n);
  const pick = <T>(all: readonly T[]): T => all[below(all.length)]!;
  const rate = (): number => pick([0, 0, 0.005, 0.02, 0.08]);
  const incident = (): Incident => {
    const service = pick(NAMES);
    const forMs = Math.ceil(random.next() ** 3 * LONGEST_AWAY_MS);
    const kind = pick(['kill', 'kill', 'stop', 'crashPoint', 'crashPoint', 'freeze', 'cut', 'restart'] as const);
    if (kind === 'crashPoint') return { kind, point: pick(POINTS), after: below(30) };
    if (kind === 'restart') return { kind, forMs };
    return kind === 'kill' || kind === 'stop' ? { kind, service } : { kind, service, forMs };
  };
  return {
    seed,
    faults: { lostRequest: rate(), lostAnswer: rate(), late: rate(), twice: rate(), notReady: rate(), readerLost: rate(), hole: rate() / 4, skip: rate() / 4 },
    store: { before: rate(), after: rate() },
    incidents: Array.from({ length: below(MOST_INCIDENTS + 1) }, () => ({ atEvent: below(events * 1.5), incident: incident() })).sort((a, b) => a.atEvent - b.atEvent),
    latencyMs: pick([0.1, 1, 20]), chunk: pick([7, 50, 1_000]), snapshotEveryFrames: pick([3, 8, 20]),
  };
}
