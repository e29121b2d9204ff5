/** Where the prices are from, said above every page that shows them, and the market's own time. */
import { For, Show, type JSX } from 'solid-js';
import type { UniverseInfo } from '../../../sdk/api.ts';
import { useWorld } from '../data/context.ts';
import { formatAge, formatDate, formatTime } from '../model/format.ts';
import { marketWords } from '../model/market.ts';

export function MarketStrip(props: { universe: UniverseInfo }): JSX.Element {
  const world = useWorld();
  const words = (): ReturnType<typeof marketWords> => marketWords(props.universe.market);
  const now = (): number | undefined => world.marketNow(props.universe.name);
  return (
    <div class="market-strip">
      <div class="market-strip-inner">
        <span class={`badge ${props.universe.market}`} title={words().sentence} data-testid="market-badge">{words().badge}</span>
        <span class="title" title={words().sentence}>{props.universe.title}</span>
        <Show when={(world.universes()?.length ?? 0) > 1}>
          <nav class="nav" aria-label="Universes">
            <For each={world.universes()}>
              {/* Not the router's A: that takes every link to this path for the current one, whatever it asks for. */}
              {({ name }) => <a href={`/?universe=${encodeURIComponent(name)}`} aria-current={name === props.universe.name ? 'page' : undefined}>{name}</a>}
            </For>
          </nav>
        </Show>
        <Show when={world.quietSeconds() > 0}><span class="chip warn" role="status">no new price for {formatAge(world.quietSeconds())}</span></Show>
        <span class="clock">{formatTime(now())} <small>{now() === undefined ? '' : `${formatDate(now())} UTC`}<span class="words">{now() === undefined ? '' : ', '}{words().clock}</span></small></span>
      </div>
    </div>
  );
}
