/**
 * The clock messages that stand before a message (invariant 2 of source.ts). Pure.
 *
 * A clock with tsInit = C stands for each C on the 100 ms grid with known < C ≤ tsInit, where `known` is known time: the
 * running maximum of tsInit. Across a jump above MAX_FILL_US there are none: nobody knows that the market was quiet.
 */
import { type Clock, CLOCK_STEP_US } from '../messages/control.ts';

/** A larger step of known time is a gap, not a quiet market, µs. */
export const MAX_FILL_US = 10_000_000;

const NONE: readonly Clock[] = [];

/** At most 100 clocks, oldest first. `knownTs` is null before the first message. */
export function clocksBefore(knownTs: number | null, tsInit: number): readonly Clock[] {
  if (knownTs === null || tsInit - knownTs > MAX_FILL_US) return NONE;
  let ts = (Math.floor(knownTs / CLOCK_STEP_US) + 1) * CLOCK_STEP_US;
  if (ts > tsInit) return NONE;
  const clocks: Clock[] = [];
  for (; ts <= tsInit; ts += CLOCK_STEP_US) clocks.push({ v: 1, type: 'clock', tsInit: ts });
  return clocks;
}
