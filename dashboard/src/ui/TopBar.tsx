/** Name, pages, the state of the line to the gateway, theme. */
import { A, useLocation } from '@solidjs/router';
import { Show, type JSX } from 'solid-js';
import { useWorld } from '../data/context.ts';
import { currentTheme, toggleTheme } from '../data/theme.ts';
import { HelpIcon, LeaveIcon, Logo, MoonIcon, SunIcon } from './icons.tsx';

export function TopBar(props: { onHelp: () => void }): JSX.Element {
  const location = useLocation();
  const world = useWorld();
  const current = (page: string): 'page' | undefined => (location.pathname === page ? 'page' : undefined);
  return (
    <header class="topbar">
      <div class="topbar-inner">
        <A class="brand" href={`/${location.search}`} aria-label="foretick, to the universe"><Logo /><span>foretick</span></A>
        <nav class="nav" aria-label="Pages">
          <A href={`/${location.search}`} aria-current={current('/')}>Universe</A>
          <A href={`/status${location.search}`} aria-current={current('/status')}>Models &amp; feed</A>
        </nav>
        <span class="push" />
        <LinkLight />
        <button class="icon-button" type="button" onClick={toggleTheme} aria-label={currentTheme() === 'dark' ? 'Use the light theme' : 'Use the dark theme'} title="Theme (t)">
          <Show when={currentTheme() === 'dark'} fallback={<MoonIcon />}><SunIcon /></Show>
        </button>
        <button class="icon-button only-keyboard" type="button" onClick={() => props.onHelp()} aria-label="Keyboard shortcuts" title="Keys (?)"><HelpIcon /></button>
        <Show when={world.session() === 'in'}><a class="icon-button" href="/logout" rel="external" aria-label="Log out" title="Log out of this browser"><LeaveIcon /></a></Show>
      </div>
    </header>
  );
}

function LinkLight(): JSX.Element {
  const world = useWorld();
  const words = (): string => {
    if (world.session() === 'out') return 'not logged in';
    if (world.link() !== 'open' && world.failure() !== null) return 'reconnecting…';
    return { connecting: 'connecting…', open: 'connected', reconnecting: 'reconnecting…' }[world.link()];
  };
  const tone = (): string => (words() === 'connected' ? 'open' : 'waiting');
  return <span class={`link-state ${tone()}`} role="status" title={tone() === 'open' ? 'The line to the gateway is open' : world.failure()?.hint}>{words()}</span>;
}
