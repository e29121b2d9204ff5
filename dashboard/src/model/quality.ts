/** Data-quality flags of a frame, in words. */
import { flagNames, type FlagName } from '../../../streams/messages/frame.ts';

export interface Quality { readonly name: FlagName; readonly label: string; readonly sentence: string }

const WORDS: Record<FlagName, Omit<Quality, 'name'>> = {
  stale: { label: 'stale', sentence: 'No tick of this symbol came for a while: its forecast rests on old prices.' },
  gap: { label: 'gap', sentence: 'Messages are missing just before this forecast.' },
  warmingUp: { label: 'warming up', sentence: 'Some features still lack the history that they need.' },
  noQuote: { label: 'no quote', sentence: 'No bid and ask were seen yet: the price is that of the last trade.' },
  disconnected: { label: 'disconnected', sentence: 'The source says that it lost its connection.' },
};
export const qualityOf = (flags: number): Quality[] => flagNames(flags).map((name) => ({ name, ...WORDS[name] }));
