/**
 * Usual size at the top of the book: mean of bid and ask size at the close of each step, exponentially weighted with a
 * half-life of 60 s. Flows are divided by it, which makes thick and thin instruments comparable.
 */
import type { Book } from '../definition.ts';
import { EWMA_SLOTS, decayPerStep, initEwma, pushEwma } from './ewma.ts';
import { known } from './number.ts';

export const DEPTH_SLOTS = EWMA_SLOTS;
const DEPTH_HALF_LIFE_MS = 60_000;

export const depthDecay = (stepMs: number): number => decayPerStep(DEPTH_HALF_LIFE_MS, stepMs);

export const initDepth = initEwma;

export const pushDepth = (state: Float64Array, at: number, decay: number, book: Book): number =>
  pushEwma(state, at, decay, known((book.bidSize + book.askSize) / 2));
