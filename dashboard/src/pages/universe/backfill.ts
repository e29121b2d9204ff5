/** Fills the spark lines of the first symbols from stored bars, once, a few at a time; the rest fill themselves live. */
import { createEffect, onCleanup, type Accessor } from 'solid-js';
import { useWorld } from '../../data/context.ts';
import { SPARK_POINTS, STEP_US, type Instrument } from '../../data/instrument.ts';
import { asFailure } from '../../data/failure.ts';

/** The table is useful at once with these filled; each costs a request. */
const MAX_SYMBOLS = 40;
const AT_A_TIME = 2;

export function useBackfill(instruments: Accessor<readonly Instrument[]>): void {
  const world = useWorld();
  let wanted = true;
  const asked = new Set<string>();
  let running = 0;
  const next = async (): Promise<void> => {
    if (running >= AT_A_TIME || !wanted) return;
    const instrument = instruments().slice(0, MAX_SYMBOLS).find(({ id, price, recent }) => !asked.has(id) && price() !== null && recent().length < SPARK_POINTS / 2);
    const ts = instrument?.price()?.ts;
    if (instrument === undefined || ts === undefined) return;
    asked.add(instrument.id);
    running += 1;
    try {
      const bars = await world.client.bars({ instrument: instrument.id, interval: '1s', from: ts - SPARK_POINTS * STEP_US, limit: SPARK_POINTS });
      instrument.backfill(bars.map(({ ts: opened, close }) => ({ ts: opened + STEP_US, price: close })));
    } catch (error) {
      // A line that starts empty is no reason to disturb the reader; an ended login is.
      world.noteFailure(asFailure(error));
    } finally {
      running -= 1;
      void next();
    }
  };
  createEffect(() => {
    // Runs again when the first price of any of them arrives.
    if (instruments().some(({ price }) => price() !== null)) for (let i = 0; i < AT_A_TIME; i += 1) void next();
  });
  onCleanup(() => {
    wanted = false;
  });
}
