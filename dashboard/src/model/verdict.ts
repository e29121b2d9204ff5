/**
 * A score in plain words. A number is a verdict only when its 95 % interval is on one side of zero; below that it is
 * "not clear", and with too few independent blocks it isn't shown as a number at all.
 */
import type { Score } from '../../../streams/messages/score.ts';
import { formatCount, formatSkill } from './format.ts';

export type Tone = 'good' | 'bad' | 'unclear' | 'none';
export interface Verdict {
  readonly tone: Tone;
  /** The cell's main line. */
  readonly text: string;
  /** The line below it: the interval, or what is missing. */
  readonly detail: string;
  /** The whole sentence, for a tooltip and for screen readers. */
  readonly sentence: string;
}

export function verdictOf(score: Score | undefined): Verdict {
  if (score === undefined) return { tone: 'none', text: 'not scored yet', detail: '', sentence: 'No forecast of this model and horizon has matured and been scored yet.' };
  const seen = `${counted(score.n, 'matured forecast')} in ${counted(score.blocks, 'independent block')}`;
  if (score.tooLittleData) return { tone: 'none', text: 'too little data', detail: counted(score.blocks, 'block'), sentence: `Too little data to judge: ${seen}.` };
  if (score.skill === null) return { tone: 'none', text: 'nothing moved', detail: `${formatCount(score.n)} forecasts`, sentence: `The price did not move in any of ${seen}, so there is nothing to be better at.` };
  const text = formatSkill(score.skill);
  const interval = score.skillLo === null || score.skillHi === null ? 'no interval' : `${formatSkill(score.skillLo)} to ${formatSkill(score.skillHi)}`;
  const { tone, meaning } = compare(score);
  return { tone, text, detail: interval, sentence: `Skill ${text} against the naive forecast (95 % interval ${interval}), from ${seen}: ${meaning}.` };
}

function compare(score: Score): { tone: Tone; meaning: string } {
  if (score.skillLo !== null && score.skillLo > 0) return { tone: 'good', meaning: 'better than forecasting no move' };
  if (score.skillHi !== null && score.skillHi < 0) return { tone: 'bad', meaning: 'worse than forecasting no move' };
  return { tone: 'unclear', meaning: 'not clearly better or worse than forecasting no move' };
}

/** The champion's score of one horizon: of an instrument, or pooled (`*`). */
export const scoreOf = (scores: readonly Score[] | undefined, symbol: string, horizonMs: number): Score | undefined =>
  scores?.find((score) => score.role === 'champion' && score.symbol === symbol && score.horizonMs === horizonMs);

/** ms until pooled scores are asked for again: they change each 10 s, and of a horizon the first come within a tenth of it, or a second. */
export const askScoresAfterMs = (scores: readonly Score[] | undefined, horizonsMs: readonly number[]): number =>
  Math.min(10_000, ...horizonsMs.filter((horizonMs) => scoreOf(scores, '*', horizonMs) === undefined).map((horizonMs) => Math.max(1_000, horizonMs / 10)));

const counted = (n: number, what: string): string => `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`;
