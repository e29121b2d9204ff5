/** What stands around the ticks of a recording: status and clocks. Pure; two kinds of market, two envelopes. */
import type { FeedMessage } from '../../messages/feed.ts';
import type { Status } from '../../messages/control.ts';
import { clocksBefore } from '../clockGrid.ts';

export interface Envelope {
  /** Pushes what stands before a tick, whose tsInit is at or after known time. */
  before(tsInit: number, push: (message: FeedMessage) => void): void;
  /** Pushes what stands after the last tick, `end` last. */
  end(push: (message: FeedMessage) => void): void;
}

export const statusAt = (tsInit: number, status: Status['status']): Status => ({ v: 1, type: 'status', tsInit, status });

/** A market that never closes. */
export function createContinuousEnvelope(): Envelope {
  let known: number | null = null;
  return {
    before(tsInit, push) {
      if (known === null) push(statusAt(tsInit, { kind: 'connected', detail: 'recording' }));
      for (const clock of clocksBefore(known, tsInit)) push(clock);
      known = tsInit;
    },
    end(push) {
      if (known !== null) push(statusAt(known, { kind: 'end' }));
    },
  };
}
