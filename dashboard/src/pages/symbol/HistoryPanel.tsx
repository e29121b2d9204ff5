/** The newest forecasts of the chosen horizon with their outcomes, newest first. */
import { For, Show, createMemo, type JSX } from 'solid-js';
import type { ApiFailure } from '../../data/failure.ts';
import { formatBps, formatHorizon, formatPrice, formatShare, formatTime, shortModel } from '../../model/format.ts';
import { inside, type Judged } from '../../model/judged.ts';
import { Empty } from '../../ui/Notice.tsx';

const SHOWN = 100;

export interface HistoryPanelProps { readonly rows: readonly Judged[] | undefined; readonly failure: ApiFailure | null; readonly horizonMs: number; readonly decimals: number }

export function HistoryPanel(props: HistoryPanelProps): JSX.Element {
  const newest = createMemo(() => (props.rows ?? []).filter(({ model }) => model !== null).slice(-SHOWN).reverse());
  return (
    <section class="panel area-history" aria-label="Recent forecasts">
      <div class="panel-head">
        <h2>Recent forecasts, {formatHorizon(props.horizonMs)} ahead</h2>
        <span class="faint small push">{props.failure === null ? 'returns in basis points' : `${props.failure.message}. ${props.failure.hint}`}</span>
      </div>
      <Show when={newest().length > 0} fallback={<Empty title={props.rows === undefined ? 'Reading past forecasts…' : 'No forecast was made yet'} detail={props.rows === undefined ? undefined : 'They are listed here from the first one on, each before its outcome is known.'} />}>
        <div class="history-scroll" tabindex="0" role="region" aria-label="Recent forecasts, scrollable">
          <table class="plain">
            <thead>
              <tr><th>Made</th><th class="num optional">Price then</th><th class="num">Expected</th><th class="num">90 % interval</th><th class="num optional">Up</th><th class="num">What happened</th><th class="num optional">Error</th><th class="optional">Interval</th><th class="optional">Model</th></tr>
            </thead>
            <tbody><For each={newest()}>{(row) => <Row row={row} decimals={props.decimals} />}</For></tbody>
          </table>
        </div>
      </Show>
    </section>
  );
}

function Row(props: { row: Judged; decimals: number }): JSX.Element {
  const { row } = props;
  const held = inside(row);
  const error = row.realisedBps === null || row.retBps === null ? null : row.realisedBps - row.retBps;
  return (
    <tr>
      <td>{formatTime(row.frameTs)}<Show when={row.late}> <span class="chip warn">late</span></Show></td>
      <td class="num optional">{formatPrice(row.refPrice, props.decimals)}</td>
      <td class="num">{formatBps(row.retBps)}</td>
      <td class="num muted">{formatBps(row.loBps)} to {formatBps(row.hiBps)}</td>
      <td class="num muted optional">{formatShare(row.pUp)}</td>
      <td class="num" classList={{ 'miss-cell': held === false }}>{row.realisedBps === null ? <span class="faint">open</span> : formatBps(row.realisedBps)}</td>
      <td class="num muted optional">{formatBps(error)}</td>
      <td class="optional">{held === null ? '' : held ? <span class="muted">held</span> : <span class="miss">missed</span>}</td>
      <td class="faint small optional">{row.model === null ? '' : shortModel(row.model)}</td>
    </tr>
  );
}
