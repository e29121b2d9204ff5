/** Every subject of the product, in one place. */
import type { InstrumentId } from './instrument.ts';

export const tickSubject = (feed: string, instrument: InstrumentId): string => `ticks.${feed}.${instrument}`;
export const clockSubject = (feed: string): string => `clock.${feed}`;
export const statusSubject = (feed: string): string => `status.${feed}`;
export const featuresSubject = (universe: string): string => `features.${universe}`;
export const predictionsSubject = (universe: string): string => `predictions.${universe}`;
export const outcomesSubject = (universe: string): string => `outcomes.${universe}`;
export const scoresSubject = (universe: string): string => `scores.${universe}`;
export const modelsSubject = (universe: string): string => `models.${universe}`;
export type LatestKind = 'price' | 'prediction' | 'score';
export const latestSubject = (kind: LatestKind, instrument: InstrumentId): string => `latest.${kind}.${instrument}`;
