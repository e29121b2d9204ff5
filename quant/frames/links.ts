/** What is wrong with venues' links (rule 5 of engine.ts), over its slots of the engine's state: sums of venues' bits. */
import { fromInstrumentId } from '../../streams/instrument.ts';
import type { Status } from '../../streams/messages/control.ts';
import { FLAG } from '../../streams/messages/frame.ts';

const DISCONNECTED = 0;
const GAP = 1;
export const LINKS = { slots: 2 } as const;

export function createLinks(slots: Float64Array, instruments: readonly string[]) {
  const bitsOf = createVenueBits(instruments);
  const bits = instruments.map((instrument) => bitsOf(fromInstrumentId(instrument).venue));
  return {
    apply({ status }: Status): void {
      if (status.kind === 'connected') slots[DISCONNECTED]! &= ~bitsOf(status.venue);
      if (status.kind === 'disconnected') slots[DISCONNECTED]! |= bitsOf(status.venue);
      if (status.kind === 'gap') slots[GAP]! |= bitsOf(status.venue);
    },
    /** Of the instrument with this index. */
    flags: (i: number): number => ((slots[GAP]! & bits[i]!) === 0 ? 0 : FLAG.gap) | ((slots[DISCONNECTED]! & bits[i]!) === 0 ? 0 : FLAG.disconnected),
    /** A frame has told the gaps: they are over. */
    endGaps: (): void => void (slots[GAP] = 0),
  };
}

/** Bits of a float64 that the bit operators of the language take. */
const MOST_BITS = 31;

/** A bit for each venue (more than fit share the last one), all bits for no venue, none for a venue that has no instrument here. */
function createVenueBits(instruments: readonly string[]): (venue: string | undefined) => number {
  const venues = [...new Set(instruments.map((instrument) => fromInstrumentId(instrument).venue))];
  const bits = new Map(venues.map((venue, i) => [venue, 1 << Math.min(i, MOST_BITS - 1)]));
  const all = [...bits.values()].reduce((sum, bit) => sum | bit, 0);
  return (venue) => (venue === undefined ? all : (bits.get(venue) ?? 0));
}
