/**
 * The frame engine: feed messages in, frames out. Pure: no clock, no I/O; the same messages give the same bytes.
 *
 * 1. The frame for grid time T holds exactly the messages before the first one with tsInit ≥ T. That message closes it.
 * 2. A tsInit behind known time (the running maximum) counts as known time.
 * 3. A jump of known time above JUMP_US makes one frame, at the last grid time reached, flagged `gap`, with no mids and
 *    with the features starting anew: nobody knows what happened meanwhile.
 * 4. Where a feed has sessions there are frames only inside them; an opening starts books and features anew.
 * 5. A gap or lost connection of one venue flags that venue's instruments; without a venue, all.
 * 6. All state is one Float64Array: the slots of grid, links and lanes. A snapshot is a copy.
 */
import type { Status } from '../../streams/messages/control.ts';
import type { FeedMessage } from '../../streams/messages/feed.ts';
import { FLAG } from '../../streams/messages/frame.ts';
import type { FeatureDefinition } from '../features/definition.ts';
import type { BookView } from './book.ts';
import { createGrid, GRID } from './grid.ts';
import { createLanes, lanesSlots } from './lanes.ts';
import { createLinks, LINKS } from './links.ts';

/** An instrument without a tick for this long is stale, µs. */
const STALE_AFTER_US = 10_000_000;
const NONE: readonly EngineFrame[] = [];

export interface EngineOptions {
  readonly instruments: readonly string[];
  readonly leaders: readonly string[];
  readonly stepMs: number;
  readonly features: readonly FeatureDefinition[];
}

export interface EngineFrame {
  readonly ts: number;
  /** instruments × features, row-major. */
  readonly rows: Float32Array;
  /** One an instrument; NaN = not known. */
  readonly mid: Float64Array;
  readonly flags: Uint8Array;
}

export interface FrameEngine {
  /** The frames that this message closes, oldest first; then the message is part of the state. */
  push(message: FeedMessage): readonly EngineFrame[];
  snapshot(): Float64Array;
  /** Numbers in a snapshot. */
  readonly slots: number;
  /** Throws RangeError when the snapshot is of another shape. */
  restore(snapshot: Float64Array): void;
}

export function createFrameEngine(options: EngineOptions): FrameEngine {
  const state = new Float64Array(GRID.slots + LINKS.slots + lanesSlots(options));
  const grid = createGrid(state.subarray(0, GRID.slots), options.stepMs * 1_000);
  const links = createLinks(state.subarray(GRID.slots, GRID.slots + LINKS.slots), options.instruments);
  const lanes = createLanes(state.subarray(GRID.slots + LINKS.slots), options);

  const close = (ts: number, gap: boolean): EngineFrame => {
    if (gap) lanes.resetFeatures();
    const rows = lanes.step(ts, grid.sessionFrom(), grid.sessionTo());
    const ofAll = (lanes.isWarmingUp() ? FLAG.warmingUp : 0) | (gap ? FLAG.gap : 0);
    const mid = new Float64Array(lanes.books.length);
    const flags = new Uint8Array(lanes.books.length);
    lanes.books.forEach((book, i) => {
      mid[i] = gap ? NaN : book.mid;
      flags[i] = ofAll | links.flags(i) | bookFlags(book, ts);
    });
    links.endGaps();
    return { ts, rows, mid, flags };
  };
  const closeUpTo = (tsInit: number): readonly EngineFrame[] => {
    const due = grid.take(tsInit);
    return due === null ? NONE : due.times.map((ts) => close(ts, due.gap));
  };
  const applyStatus = (message: Status): void => {
    const { status } = message;
    links.apply(message);
    if (status.kind === 'sessionClose') grid.closeSession();
    if (status.kind !== 'sessionOpen') return;
    grid.openSession(status.from, status.to);
    lanes.reset();
  };

  return {
    push(message) {
      const opens = message.type === 'status' && message.status.kind === 'sessionOpen';
      const frames = opens ? NONE : closeUpTo(message.tsInit);
      const known = grid.reach(message.tsInit);
      if (message.type === 'status') applyStatus(message);
      else if (message.type !== 'clock' && !grid.isClosed()) lanes.apply(message, known);
      return frames;
    },
    snapshot: () => state.slice(),
    slots: state.length,
    restore(snapshot) {
      if (snapshot.length !== state.length) throw new RangeError(`a snapshot of ${snapshot.length} numbers; this engine has ${state.length}`);
      state.set(snapshot);
    },
  };
}

const bookFlags = (book: BookView, ts: number): number => (book.hasQuote ? 0 : FLAG.noQuote) | (ts - book.lastTickTs <= STALE_AFTER_US ? 0 : FLAG.stale);
