/** What stands around every page: the bar, the market strip, the state of the line, keys; and the pages that replace all others. */
import { useLocation, type RouteSectionProps } from '@solidjs/router';
import { Match, Show, Suspense, Switch, createEffect, type JSX } from 'solid-js';
import { useWorld } from '../data/context.ts';
import { LoginPage } from '../pages/LoginPage.tsx';
import { createKeyboard, KeyHelp } from './Keyboard.tsx';
import { MarketStrip } from './MarketStrip.tsx';
import { Empty, Notice } from './Notice.tsx';
import { TopBar } from './TopBar.tsx';
import { useUniverse } from './useUniverse.ts';

export function Shell(props: RouteSectionProps): JSX.Element {
  const world = useWorld();
  const location = useLocation();
  const universe = useUniverse();
  let help!: HTMLDialogElement;
  createKeyboard(() => help);
  createEffect(() => {
    if (location.pathname === '/' || location.pathname === '/status') document.title = location.pathname === '/' ? 'foretick' : 'Models & feed · foretick';
  });
  return (
    <>
      <a class="skip" href="#content">Skip to the content</a>
      <TopBar onHelp={() => help.showModal()} />
      <Show when={world.session() === 'in' && universe()}>{(info) => <MarketStrip universe={info()} />}</Show>
      <main class="page" id="content" tabindex="-1">
        <Switch>
          <Match when={world.session() === 'out'}><LoginPage /></Match>
          <Match when={world.universes() === undefined}><FirstContact /></Match>
          <Match when={true}><Suspense fallback={<Empty title="Loading…" />}>{props.children}</Suspense></Match>
        </Switch>
      </main>
      <footer class="footer">
        <span>Every forecast is written down before its outcome is known. Times are UTC.</span>
        <span>Charts: <a href="https://www.tradingview.com/" target="_blank" rel="noreferrer">TradingView Lightweight Charts™</a></span>
        <Show when={world.health()}>{(health) => <span>foretick {health().version}</span>}</Show>
      </footer>
      <KeyHelp ref={(element) => (help = element)} />
    </>
  );
}

function FirstContact(): JSX.Element {
  const world = useWorld();
  return (
    <Show when={world.failure()} fallback={<Empty title="Connecting to the gateway…" />}>
      {(failure) => <Notice tone="trouble" title={failure().message} detail={failure().hint} />}
    </Show>
  );
}
