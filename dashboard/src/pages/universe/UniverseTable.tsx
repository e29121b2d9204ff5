/** The table itself: headings that sort, a filter, one row a symbol, and what its marks mean. */
import { For, Show, createMemo, createSignal, untrack, type JSX } from 'solid-js';
import type { UniverseInfo } from '../../../../sdk/api.ts';
import { useWorld } from '../../data/context.ts';
import { shownPrice, type Instrument } from '../../data/instrument.ts';
import { formatHorizon, formatPlain, spreadBps } from '../../model/format.ts';
import { matches, nextSort, ordered, type Sort, type SortKey } from '../../model/order.ts';
import { niceCeil } from '../../model/scale.ts';
import { scoreOf } from '../../model/verdict.ts';
import { Empty } from '../../ui/Notice.tsx';
import { changeBps } from '../../ui/Spark.tsx';
import { UniverseRow } from './UniverseRow.tsx';
import { useBackfill } from './backfill.ts';

export function UniverseTable(props: { universe: UniverseInfo }): JSX.Element {
  const world = useWorld();
  const [sort, setSort] = createSignal<Sort>({ key: 'symbol', descending: false });
  const [query, setQuery] = createSignal('');
  const instruments = createMemo(() => props.universe.instruments.flatMap((id) => world.instrument(id) ?? []));
  const rows = createMemo(() => {
    const { key, descending } = sort();
    const found = instruments().filter(({ symbol, venue }) => matches(`${symbol} ${venue}`, query()));
    return untrack(() => ordered(found, (instrument) => sortValue(instrument, key), descending));
  });
  const halves = createMemo(() => props.universe.horizonsMs.map((_, i) => axisHalf(instruments(), i)));
  const columns = (): string => `minmax(118px, 1.2fr) minmax(108px, auto) 112px 68px ${props.universe.horizonsMs.map(() => 'minmax(136px, 1.5fr) minmax(122px, 1fr)').join(' ')} minmax(82px, 1fr) minmax(118px, auto)`;
  useBackfill(instruments);
  return (
    <section class="panel" aria-label="Symbols">
      <div class="panel-head">
        <h2>{props.universe.instruments.length} symbols</h2>
        <span class="faint small only-keyboard">expected return and its 90 % interval, basis points</span>
        <Filter query={query()} onQuery={setQuery} />
      </div>
      <div class="utable-wrap">
        <div class="utable" role="table" aria-label="Forecasts" aria-rowcount={rows().length + 1} style={{ '--columns': columns() }}>
          <Heading universe={props.universe} sort={sort()} halves={halves()} onSort={(key) => setSort(nextSort(sort(), key))} />
          <For each={rows()}>{(instrument) => <UniverseRow instrument={instrument} horizonsMs={props.universe.horizonsMs} halves={halves()} />}</For>
        </div>
      </div>
      <Show when={rows().length === 0}><Empty title="No symbol matches" detail="Clear the filter to see all of them." /></Show>
      <Legend />
    </section>
  );
}

function Filter(props: { query: string; onQuery: (query: string) => void }): JSX.Element {
  return (
    <label class="filter">
      <span class="sr">Filter symbols</span>
      <input data-filter type="search" placeholder="Filter symbols" autocomplete="off" spellcheck={false} maxlength="40" value={props.query}
        onInput={(event) => props.onQuery(event.currentTarget.value.trim())}
        onKeyDown={(event) => { if (event.key === 'Escape') event.currentTarget.blur(); }} />
      <Show when={props.query === ''}><kbd class="only-keyboard">/</kbd></Show>
    </label>
  );
}

function Heading(props: { universe: UniverseInfo; sort: Sort; halves: readonly (number | null)[]; onSort: (key: SortKey) => void }): JSX.Element {
  const Column = (column: { key: SortKey; label: string; class?: string; note?: string }): JSX.Element => (
    <div role="columnheader" class={column.class} aria-sort={props.sort.key === column.key ? (props.sort.descending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" onClick={() => props.onSort(column.key)} title="Sort now; the order then stays until you click again">{column.label}</button>
      <Show when={column.note}><span class="small"> {column.note}</span></Show>
    </div>
  );
  return (
    <div class="utable-head" role="row">
      <Column key="symbol" label="Symbol" />
      <Column key="price" label="Price" class="num" />
      <Column key="change" label="Last 2 min" />
      <Column key="spread" label="Spread" class="num" />
      <For each={props.universe.horizonsMs}>
        {(horizonMs, i) => (
          <>
            <Column key={`forecast-${i()}`} label={`Forecast ${formatHorizon(horizonMs)}`} class="group" note={axisText(props.halves[i()])} />
            <Column key={`skill-${i()}`} label="Skill" />
          </>
        )}
      </For>
      <div role="columnheader" class="group">Data</div>
      <div role="columnheader">Model</div>
    </div>
  );
}

function Legend(): JSX.Element {
  return (
    <div class="legend">
      <span class="mark-of"><i class="swatch span" /> 90 % interval</span>
      <span class="mark-of"><i class="swatch mark" /> expected return</span>
      <span class="mark-of"><i class="swatch" /> half the spread: a dot inside it does not pay for crossing</span>
      <span>Skill: how much smaller the squared error is than that of forecasting no move, with its 95 % interval</span>
      <span><b>A forecast, not a money machine.</b> On every recording we measured, the gross edge of the best tenth of forecasts was below half the spread.</span>
    </div>
  );
}

/** Keeps its line while there is no forecast, so that the heading's height stays. */
const axisText = (half: number | null | undefined): string => (half == null ? '\u00a0' : `axis ±${half < 1 ? String(half) : formatPlain(half, 0)}`);

/** The axis of a horizon's bars, bps: wide enough for nearly all intervals; a few wild ones may touch the edge. */
function axisHalf(instruments: readonly Instrument[], horizon: number): number | null {
  const reach = instruments.flatMap(({ prediction }) => {
    const forecast = prediction()?.horizons[horizon];
    return forecast === undefined || forecast.loBps === null || forecast.hiBps === null ? [] : [Math.max(Math.abs(forecast.loBps), Math.abs(forecast.hiBps))];
  }).sort((a, b) => a - b);
  const most = reach[Math.floor(reach.length * 0.9)];
  return most === undefined ? null : niceCeil(most);
}

function sortValue(instrument: Instrument, key: SortKey): string | number | null {
  const price = instrument.price();
  if (key === 'symbol') return instrument.symbol;
  if (key === 'price') return shownPrice(price);
  if (key === 'change') return changeBps(instrument.recent());
  if (key === 'spread') return spreadBps(price?.bid, price?.ask);
  const [kind, index] = key.split('-');
  const forecast = instrument.prediction()?.horizons[Number(index)];
  if (forecast === undefined) return null;
  if (kind === 'forecast') return forecast.retBps;
  const score = scoreOf(instrument.score()?.scores, instrument.id, forecast.horizonMs);
  return score === undefined || score.tooLittleData ? null : score.skill;
}
