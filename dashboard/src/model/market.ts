/** What kind of market the prices are from, said wherever they are shown. */
import type { UniverseInfo } from '../../../sdk/api.ts';

export interface MarketWords { readonly badge: string; readonly sentence: string; readonly clock: string }

const WORDS: Record<UniverseInfo['market'], MarketWords> = {
  simulated: { badge: 'Simulated market', sentence: 'These prices are invented by the simulator. Nothing here was ever traded.', clock: 'simulated time' },
  recording: { badge: 'Recorded market', sentence: 'These prices are played back from a recording. The time shown is the time of the recording.', clock: 'recorded time' },
  live: { badge: 'Live market', sentence: 'These prices come from the venue as they happen.', clock: 'market time' },
};
export const marketWords = (market: UniverseInfo['market']): MarketWords => WORDS[market];
