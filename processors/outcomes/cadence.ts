/** When scores are published: every 60 frames, and every 10 while the newest model is young, because people wait for the first ones. Pure. */
import type { Outcome } from '../../streams/messages/outcome.ts';

const EVERY = 60;
const EVERY_WHILE_YOUNG = 10;
/** A model is young for this many judged frames. */
const YOUNG = 120;

/** `judged`: frames with something matured since the newest model's first. Plain data. */
export interface Cadence { frames: number; judged: number; model: string | null }

export const newCadence = (): Cadence => ({ frames: 0, judged: 0, model: null });

export function advance(cadence: Cadence, outcome: Outcome): void {
  cadence.frames += 1;
  const model = outcome.matured.at(-1)?.model ?? null;
  if (model === null) return;
  cadence.judged = model === cadence.model ? cadence.judged + 1 : 1;
  cadence.model = model;
}

export function scoresDue({ frames, judged }: Cadence): boolean {
  return frames % (judged > 0 && judged <= YOUNG ? EVERY_WHILE_YOUNG : EVERY) === 0;
}
