/** Features of the mid and of time, with numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import { bollingerPosition, bollingerWidth } from './bollinger.ts';
import { leaderReturn } from './leader-return.ts';
import { logReturn } from './log-return.ts';
import { logReturnScaled } from './log-return-scaled.ts';
import { rangePosition } from './range-position.ts';
import { realisedVol } from './realised-vol.ts';
import { sessionPosition } from './session-position.ts';
import { sinceQuote, sinceTrade } from './since-last.ts';
import { START_US, historyOf, midTicks, quote, trade, valuesOf } from './testing/harness.ts';
import { timeOfDayCos, timeOfDaySin } from './time-of-day.ts';
import { VOL_FLOOR_BPS } from './toolkit/volatility.ts';
import { volEwma } from './vol-ewma.ts';
import { volRatio } from './vol-ratio.ts';

/** Mids that move by these log returns, bps, from 100. */
const moving = (...bps: readonly number[]) => {
  let mid = 100;
  return [midTicks(mid), ...bps.map((r) => midTicks((mid *= Math.exp(r / 10_000))))];
};

it('returns look exactly the window back', () => {
  const values = valuesOf(logReturn(2_000, 1_000), historyOf(1_000, moving(1, 2, 3)));
  expect(values).toEqual([NaN, NaN, expect.closeTo(3, 8), expect.closeTo(5, 8)]);
});

it('a step without a tick is a return of 0, not an unknown one', () => {
  expect(valuesOf(logReturn(1_000, 1_000), historyOf(1_000, [...moving(1), [], []])).slice(2)).toEqual([0, 0]);
});

describe('volatility', () => {
  it('of steady moves is the move, per root second', () => {
    const everySecond = valuesOf(volEwma(1_000), historyOf(1_000, moving(3, -3, 3, -3, 3, -3)));
    expect(everySecond).toEqual([NaN, NaN, NaN, NaN, NaN, expect.closeTo(3, 8), expect.closeTo(3, 8)]);
    expect(valuesOf(volEwma(4_000), historyOf(4_000, moving(3, -3, 3, -3, 3))).at(-1)).toBeCloseTo(1.5, 8);
  });
  it('halves its square every 60 s of stillness', () => {
    const values = valuesOf(volEwma(60_000), historyOf(60_000, moving(3, 3, 3, 3, 3, 0, 0)));
    // Weights from the last: 1, 1/2, …; moves of 9/60 a second in all but the last one, then the last two.
    const meanSquare = (still: number, n: number) => ((9 / 60) * (2 ** (n - still) - 1)) / (2 ** n - 1);
    expect(values[6]).toBeCloseTo(Math.sqrt(meanSquare(1, 6)), 8);
    expect(values[7]).toBeCloseTo(Math.sqrt(meanSquare(2, 7)), 8);
  });
  it('is never 0, where nothing moves', () => {
    expect(valuesOf(volEwma(1_000), historyOf(1_000, moving(0, 0, 0, 0, 0))).at(-1)).toBe(VOL_FLOOR_BPS);
    expect(valuesOf(volRatio(5_000, 1_000), historyOf(1_000, moving(0, 0, 0, 0, 0))).at(-1)).toBe(1);
  });
  it('realised: root of the mean square per second', () => {
    expect(valuesOf(realisedVol(2_000, 1_000), historyOf(1_000, moving(3, 4, 0)))).toEqual([NaN, NaN, expect.closeTo(Math.sqrt(12.5), 8), expect.closeTo(Math.sqrt(8), 8)]);
    expect(valuesOf(realisedVol(4_000, 2_000), historyOf(2_000, moving(3, 4))).at(-1)).toBeCloseTo(2.5, 8);
  });
  it('scales returns by what it lets one expect over the window', () => {
    const values = valuesOf(logReturnScaled(4_000, 1_000), historyOf(1_000, moving(3, 3, -3, 3, 3)));
    expect(values.at(-1)).toBeCloseTo(6 / (3 * 2), 8);
  });
});

it('range position: low, high, half way, still', () => {
  const history = historyOf(1_000, [10, 12, 11, 11, 11].map(midTicks));
  expect(valuesOf(rangePosition(3_000, 1_000), history)).toEqual([NaN, NaN, 0, -1, 0]);
});

it('Bollinger: exactly in the middle of no width where nothing moves, at any price', () => {
  for (const price of [65_123.45, 0.1, 3e-7]) {
    const history = historyOf(1_000, Array.from({ length: 21 }, () => midTicks(price)));
    expect([valuesOf(bollingerPosition(1_000), history).at(-1), valuesOf(bollingerWidth(1_000), history).at(-1)]).toEqual([0, 0]);
  }
});

it('leaders: by place; NaN for one that the universe has not', () => {
  const history = historyOf(1_000, [[], []], { leaderMids: (i) => [[100, 50], [100, 100]][i]! });
  const last = (leader: number) => valuesOf(leaderReturn(leader)(1_000, 1_000), history).at(-1);
  expect([last(0), last(1), last(2)]).toEqual([0, expect.closeTo(10_000 * Math.LN2, 8), NaN]);
});

describe('time', () => {
  it('since the last tick, by known time, at most ten minutes', () => {
    const history = historyOf(400_000, [[trade(100, 1, undefined, START_US + 399_500_000)], [quote(1, 1, 2, 1, START_US + 400_000_000)]]);
    expect(valuesOf(sinceTrade, history)).toEqual([0.5, 400.5]);
    expect(valuesOf(sinceQuote, history)).toEqual([NaN, 400]);
    expect(valuesOf(sinceTrade, historyOf(400_000, [[trade(1, 1)], [], []]))).toEqual([400, 600, 600]);
  });
  it('in the session, from 0 to 1; NaN without sessions', () => {
    const session = { from: START_US, to: START_US + 4_000_000 };
    expect(valuesOf(sessionPosition, historyOf(1_000, [[], []], { session }))).toEqual([0.25, 0.5]);
    expect(valuesOf(sessionPosition, historyOf(1_000, [[]]))).toEqual([NaN]);
  });
  it('of day: 22:13:20 and a quarter of a day later are at right angles', () => {
    const history = historyOf(21_600_000, [[], []]);
    const [sin, cos] = [valuesOf(timeOfDaySin, history), valuesOf(timeOfDayCos, history)];
    expect([sin[1], cos[1]]).toEqual([expect.closeTo(cos[0]!, 12), expect.closeTo(-sin[0]!, 12)]);
  });
});
