/** One symbol: price, the forecast ahead of it, past forecasts against what happened, and scores. */
import { A, useLocation } from '@solidjs/router';
import { Show, createEffect, createMemo, createSignal, type JSX } from 'solid-js';
import type { UniverseInfo } from '../../../../sdk/api.ts';
import { useWorld } from '../../data/context.ts';
import { shownPrice, type Instrument } from '../../data/instrument.ts';
import { createPoll } from '../../data/poll.ts';
import { formatPlain, formatPrice, formatSize, spreadBps } from '../../model/format.ts';
import { marketWords } from '../../model/market.ts';
import { championOf, firstModelNotice, troubleNotice } from '../../model/notice.ts';
import { Notice } from '../../ui/Notice.tsx';
import { Price } from '../../ui/Price.tsx';
import { instrumentOf, symbolHref, useUniverse } from '../../ui/useUniverse.ts';
import { NotFoundPage } from '../NotFoundPage.tsx';
import { QualityChips } from '../universe/UniverseRow.tsx';
import { AheadPanel } from './AheadPanel.tsx';
import { ChartPanel } from './ChartPanel.tsx';
import { HistoryPanel } from './HistoryPanel.tsx';
import { createJudgedFeed } from './judgedFeed.ts';
import { ScoresPanel } from './ScoresPanel.tsx';

const MODELS_EVERY_MS = 10_000;

export default function SymbolPage(): JSX.Element {
  const world = useWorld();
  const location = useLocation();
  const universe = useUniverse();
  const instrument = createMemo(() => world.instrument(instrumentOf(location.pathname) ?? ''));
  return (
    <Show when={instrument()} fallback={<NotFoundPage />} keyed>
      {(found) => <Show when={universe()} keyed>{(info) => <Symbol instrument={found} universe={info} />}</Show>}
    </Show>
  );
}

function Symbol(props: { instrument: Instrument; universe: UniverseInfo }): JSX.Element {
  const world = useWorld();
  const [horizonMs, setHorizonMs] = createSignal(props.universe.horizonsMs[0]!);
  const models = createPoll(() => props.universe.name, MODELS_EVERY_MS, (name) => world.client.models(name), world.noteFailure);
  const champion = createMemo(() => championOf(models.value()?.champion, [props.instrument.prediction()?.model]));
  const judged = createJudgedFeed(props.instrument, horizonMs);
  world.watch([props.instrument.id]);
  createEffect(() => {
    const word = props.universe.market === 'live' ? '' : ` (${marketWords(props.universe.market).badge.toLowerCase()})`;
    document.title = `${formatPrice(shownPrice(props.instrument.price()), props.instrument.decimals())} ${props.instrument.symbol}${word} · foretick`;
  });
  return (
    <>
      <Show when={troubleNotice(world.health(), champion())}>{(notice) => <Notice {...notice()} />}</Show>
      <Head instrument={props.instrument} universe={props.universe} />
      <div class="symbol-grid">
        <ChartPanel instrument={props.instrument} horizonsMs={props.universe.horizonsMs} horizonMs={horizonMs()} onHorizon={setHorizonMs} rows={judged.value() ?? []} />
        <div class="side">
          <AheadPanel instrument={props.instrument} horizonsMs={props.universe.horizonsMs} notice={firstModelNotice(world.health(), champion())} />
          <ScoresPanel instrument={props.instrument} horizonsMs={props.universe.horizonsMs} />
        </div>
        <HistoryPanel rows={judged.value()} failure={judged.failure()} horizonMs={horizonMs()} decimals={props.instrument.decimals()} />
      </div>
    </>
  );
}

function Head(props: { instrument: Instrument; universe: UniverseInfo }): JSX.Element {
  const price = (): ReturnType<Instrument['price']> => props.instrument.price();
  const quote = (value: number | null | undefined): string => formatPrice(value, Math.max(0, props.instrument.decimals() - 1));
  const neighbour = (step: number): string => {
    const all = props.universe.instruments;
    return symbolHref(all[(all.indexOf(props.instrument.id) + step + all.length) % all.length]!);
  };
  return (
    <header class="symbol-head">
      <h1>{props.instrument.symbol}<small>{props.instrument.venue}</small></h1>
      <Price instrument={props.instrument} />
      <div class="facts">
        <span>Bid <b>{quote(price()?.bid)}</b> × {formatSize(price()?.bidSize)}</span>
        <span>Ask <b>{quote(price()?.ask)}</b> × {formatSize(price()?.askSize)}</span>
        <span>Spread <b>{formatPlain(spreadBps(price()?.bid, price()?.ask))}</b> bps</span>
        <span>Last trade <b>{quote(price()?.last)}</b></span>
      </div>
      <QualityChips instrument={props.instrument} />
      <nav class="nav-pair" aria-label="Symbols">
        <A class="button" href={neighbour(-1)} title="Previous symbol ([)">Previous</A>
        <A class="button" href={neighbour(1)} title="Next symbol (])">Next</A>
      </nav>
    </header>
  );
}
