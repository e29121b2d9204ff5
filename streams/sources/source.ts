/**
 * A source turns foreign data into feed messages. It is the one owner of its feed.
 *
 * Invariants of what `messages()` yields:
 *  1. known time (the running maximum of tsInit) never goes back by more than the message order says; ties keep order;
 *  2. a `clock` with tsInit = C stands before the first tick with tsInit ≥ C, for each C on the 100 ms grid while known
 *     time moves by ≤ 10 s a message and a session is open; across a larger jump no clocks are filled in;
 *  3. a virtual source (recording, simulator) is a pure function of its input: same messages, same order, each time;
 *  4. a bounded source ends with status `end`.
 */
import type { FeedMessage } from '../messages/feed.ts';
import type { InstrumentId } from '../instrument.ts';

export interface Source {
  readonly kind: 'live' | 'recording' | 'simulated';
  /** One line for people: what this is and where it comes from. */
  readonly title: string;
  readonly instruments: readonly InstrumentId[];
  /** Counts so far: `trades`, `quotes` accepted, and what was dropped, by reason. */
  readonly counts: { trades: number; quotes: number; readonly dropped: Record<string, number> };
  /** From the beginning, in chunks of at most 1,000. Ends early, without `end`, when the signal aborts. */
  messages(signal: AbortSignal): AsyncGenerator<FeedMessage[]>;
}

/** What a recording or bounded simulation spans, µs of known time (first and last tsInit). */
export interface Span { readonly fromTs: number; readonly toTs: number }
/** What reading a recording once has found. */
export interface Contents { readonly instruments: readonly InstrumentId[]; readonly span: Span }
