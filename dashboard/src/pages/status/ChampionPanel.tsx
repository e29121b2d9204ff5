/** The model that serves, from its card: what it was trained on and how each family did in walk-forward. */
import { For, Show, createMemo, type JSX } from 'solid-js';
import type { ModelsInfo } from '../../../../sdk/api.ts';
import { metricTable, readCard, type ShownCard } from '../../model/card.ts';
import { formatCount, formatDateTime, formatHorizon, formatPlain, formatSkill } from '../../model/format.ts';
import { Empty } from '../../ui/Notice.tsx';

export function ChampionPanel(props: { models: ModelsInfo }): JSX.Element {
  const card = createMemo(() => readCard(props.models.card));
  return (
    <section class="panel" aria-label="Champion">
      <div class="panel-head">
        <h2>Champion</h2>
        <span class="muted push">{props.models.champion ?? 'none yet'}</span>
      </div>
      <Show when={card()} fallback={<NoCard models={props.models} />}>
        {(shown) => (
          <>
            <MetricTable card={shown()} />
            <div class="panel-body"><CardFacts card={shown()} /></div>
          </>
        )}
      </Show>
    </section>
  );
}

function NoCard(props: { models: ModelsInfo }): JSX.Element {
  if (props.models.champion === null) return <Empty title="No model serves yet" detail="The first one starts to forecast as soon as it is trained." />;
  if (props.models.card === null) return <Empty title="Its card is not here" detail="The registry did not give it to the gateway, whose log says why. Forecasts are not affected." />;
  return <Empty title="Its card cannot be read" detail="The page may be older than the trainer: reload it." />;
}

function MetricTable(props: { card: ShownCard }): JSX.Element {
  const table = createMemo(() => metricTable(props.card));
  return (
    <div class="scroll-x">
      <table class="plain">
        <caption class="sr">Walk-forward skill of each family and horizon; the chosen one is marked</caption>
        <thead><tr><th>Walk-forward skill</th><For each={table().horizonsMs}>{(h) => <th class="num">{formatHorizon(h)}</th>}</For></tr></thead>
        <tbody>
          <For each={table().rows}>
            {({ family, cells }) => (
              <tr>
                <td>{family}</td>
                <For each={cells}>
                  {(cell) => (
                    <td class="num" title={cell && `correlation ${formatPlain(cell.ic, 3)}, ${formatCount(cell.rows)} rows, ${cell.folds} folds${cell.chosen ? '; chosen' : ''}`}>
                      <span classList={{ 'metric-chosen': cell?.chosen === true, 'metric-none': cell?.skill == null }}>{formatSkill(cell?.skill)}</span>
                      <Show when={cell?.chosen}><span class="sr"> chosen</span></Show>
                    </td>
                  )}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function CardFacts(props: { card: ShownCard }): JSX.Element {
  const trained = (): ShownCard['trained'] => props.card.trained;
  return (
    <>
      <dl class="facts-list">
        <dt>Families</dt><dd>{props.card.horizons.map(({ horizonMs, family }) => `${formatHorizon(horizonMs)}: ${family}`).join(', ')}</dd>
        <dt>Trained on</dt><dd>{formatDateTime(trained().fromTs)} to {formatDateTime(trained().toTs)} UTC, {formatCount(trained().rows)} rows of {formatCount(trained().frames)} frames, {trained().symbols.length} symbols</dd>
        <dt>Scaled by</dt><dd><code>{props.card.scaleFeature}</code></dd>
        <dt>Frame schema</dt><dd><code>{props.card.schema}</code></dd>
        <dt>SHA-256</dt><dd><code>{props.card.sha256}</code></dd>
        <dt>Versions</dt><dd>{Object.entries(props.card.versions).map(([name, version]) => `${name} ${version}`).join(', ')}</dd>
        <dt>Features</dt>
        <dd>
          <details>
            <summary>{props.card.features.length} features, in order</summary>
            <div class="features"><For each={props.card.features}>{(feature) => <code>{feature}</code>}</For></div>
          </details>
        </dd>
      </dl>
    </>
  );
}
