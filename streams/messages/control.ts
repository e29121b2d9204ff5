/** What a feed says about itself: the clock on the 100 ms grid, and its status. */
import { z } from 'zod';
import { timestamp } from '../parse.ts';

export const CLOCK_STEP_US = 100_000;

export const clockSchema = z.object({ v: z.literal(1), type: z.literal('clock'), tsInit: timestamp });

/** Of which venue, where a feed has several; without it, of all of them. */
const venue = z.string().min(1).max(64).optional();

export const statusSchema = z.object({
  v: z.literal(1),
  type: z.literal('status'),
  tsInit: timestamp,
  status: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('connected'), venue, detail: z.string().max(200).optional() }),
    z.object({ kind: z.literal('disconnected'), venue, detail: z.string().max(200).optional() }),
    /** Messages of [from, to) may be missing. */
    z.object({ kind: z.literal('gap'), venue, from: timestamp, to: timestamp, reason: z.string().max(200) }),
    /** A session opens at tsInit and closes at `to`. Outside sessions there are no frames. */
    z.object({ kind: z.literal('sessionOpen'), from: timestamp, to: timestamp }),
    z.object({ kind: z.literal('sessionClose') }),
    /** The feed ends here (a recording, a bounded simulation). Nothing follows. */
    z.object({ kind: z.literal('end') }),
  ]),
});

export type Clock = Readonly<z.infer<typeof clockSchema>>;
export type Status = Readonly<z.infer<typeof statusSchema>>;
