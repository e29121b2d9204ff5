/** The past forecasts of one instrument and horizon: half an hour at first, then what is new and what has matured. */
import { createMemo, type Accessor } from 'solid-js';
import { CHART_POINTS } from '../../chart/forecastChart.ts';
import { useWorld } from '../../data/context.ts';
import { STEP_US, type Instrument } from '../../data/instrument.ts';
import { createPoll, type Poll } from '../../data/poll.ts';
import { mergeJudged, resumeFrom, type Judged } from '../../model/judged.ts';

const EVERY_MS = 2_000;

export function createJudgedFeed(instrument: Instrument, horizonMs: Accessor<number>): Poll<readonly Judged[]> {
  const world = useWorld();
  // Rows can be asked for only once the market's own time is known.
  const ready = createMemo(() => instrument.price() !== null);
  const key = createMemo(() => (ready() ? { horizonMs: horizonMs() } : undefined));
  let rows: readonly Judged[] = [];
  let rowsOf: object | undefined;
  return createPoll(key, EVERY_MS, async (current) => {
    if (rowsOf !== current) {
      rows = [];
      rowsOf = current;
    }
    const from = resumeFrom(rows, current.horizonMs) ?? (instrument.price()?.ts ?? 0) - CHART_POINTS * STEP_US;
    const news = await world.client.predictions({ universe: instrument.universe, instrument: instrument.id, horizonMs: current.horizonMs, from, limit: CHART_POINTS });
    rows = mergeJudged(rows, news.filter(({ role }) => role === 'champion'), CHART_POINTS);
    return rows;
  }, world.noteFailure);
}
