/**
 * The envelope of a market with sessions: each day `sessionOpen` at 09:30 New York, then clocks every 100 ms from 09:30 to
 * 16:00, both included, then `sessionClose`. Silence within a session is a quiet market, however long: the tape is
 * complete, so clocks go on. Between sessions there is nothing. Pure.
 */
import type { FeedMessage } from '../../messages/feed.ts';
import { clocksBefore, MAX_FILL_US } from '../clockGrid.ts';
import { type Envelope, statusAt } from '../recording/envelope.ts';
import { type Session, sessionAt } from './newYork.ts';

type Push = (message: FeedMessage) => void;

export function createSessionEnvelope(): Envelope {
  let session: Session | null = null;
  let known = 0;

  const fillTo = (ts: number, push: Push): void => {
    while (known < ts) {
      const next = Math.min(ts, known + MAX_FILL_US);
      for (const clock of clocksBefore(known, next)) push(clock);
      known = next;
    }
  };
  const close = (to: number, push: Push): void => {
    fillTo(to, push);
    push(statusAt(to, { kind: 'sessionClose' }));
  };

  return {
    before(tsInit, push) {
      if (session === null || tsInit >= session.to) {
        const next = sessionAt(tsInit);
        if (session === null) push(statusAt(next.from, { kind: 'connected', detail: 'recording' }));
        else close(session.to, push);
        push(statusAt(next.from, { kind: 'sessionOpen', from: next.from, to: next.to }));
        session = next;
        // One µs before, so that 09:30 itself has its clock.
        known = next.from - 1;
        fillTo(next.from, push);
      }
      fillTo(tsInit, push);
    },
    end(push) {
      if (session === null) return;
      close(session.to, push);
      push(statusAt(session.to, { kind: 'end' }));
    },
  };
}
