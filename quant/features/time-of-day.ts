/**
 * Time of day (UTC) as a point on a circle, so that 23:59 is near 00:00. For volatility, not direction: with few days
 * of data a directional model learns the days by heart.
 */
import type { FeatureDefinition } from './definition.ts';

const DAY_US = 86_400_000_000;
const angle = (ts: number): number => (2 * Math.PI * (ts % DAY_US)) / DAY_US;

const base = { group: 'time', unit: '1', warmupMs: 0, directional: false, slots: 0, init: () => {} } as const;

export const timeOfDaySin: FeatureDefinition = {
  ...base, name: 'tod_sin', source: 'sin(2π·time of day)', onStep: (_, { ts }) => Math.sin(angle(ts)),
};
export const timeOfDayCos: FeatureDefinition = {
  ...base, name: 'tod_cos', source: 'cos(2π·time of day)', onStep: (_, { ts }) => Math.cos(angle(ts)),
};
