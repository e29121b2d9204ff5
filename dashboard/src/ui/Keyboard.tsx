/** Keys. Single letters, never while one types, and all of them listed behind `?`. */
import { useLocation, useNavigate } from '@solidjs/router';
import { For, onCleanup, type JSX } from 'solid-js';
import { toggleTheme } from '../data/theme.ts';
import { instrumentOf, symbolHref, useUniverse } from './useUniverse.ts';

const KEYS: readonly (readonly [string[], string])[] = [
  [['j', 'k'], 'next, previous row of the table'],
  [['Enter'], 'open the symbol'],
  [['/'], 'filter the table'],
  [['1', '…', '8'], 'choose a horizon, on a symbol’s page'],
  [['[', ']'], 'previous, next symbol'],
  [['u'], 'the universe'],
  [['s'], 'models and feed'],
  [['t'], 'light or dark'],
  [['?'], 'this list'],
];

export function createKeyboard(help: () => HTMLDialogElement): void {
  const navigate = useNavigate();
  const location = useLocation();
  const universe = useUniverse();
  const neighbour = (step: number): void => {
    const all = universe()?.instruments ?? [];
    const at = all.indexOf(instrumentOf(location.pathname) ?? '');
    const next = at < 0 ? undefined : all[(at + step + all.length) % all.length];
    if (next !== undefined) navigate(symbolHref(next));
  };
  const actions: Record<string, () => void> = {
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    ArrowDown: () => moveFocus(1),
    ArrowUp: () => moveFocus(-1),
    '/': () => document.querySelector<HTMLInputElement>('[data-filter]')?.focus(),
    '[': () => neighbour(-1),
    ']': () => neighbour(1),
    u: () => navigate(`/${location.search}`),
    s: () => navigate(`/status${location.search}`),
    t: toggleTheme,
    '?': () => help().showModal(),
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || help().open) return;
    if ((event.target as HTMLElement).closest('input, textarea, select') !== null) return;
    // The arrows scroll the page unless a row is being walked.
    if (event.key.startsWith('Arrow') && document.activeElement?.matches('[data-row-link]') !== true) return;
    const chosen = /^[1-8]$/.test(event.key) ? () => document.querySelectorAll<HTMLButtonElement>('[data-horizon-choice]')[Number(event.key) - 1]?.click() : actions[event.key];
    if (chosen === undefined) return;
    event.preventDefault();
    chosen();
  };
  document.addEventListener('keydown', onKey);
  onCleanup(() => document.removeEventListener('keydown', onKey));
}

function moveFocus(step: number): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>('[data-row-link]')];
  const at = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step));
  links[next]?.focus();
}

export function KeyHelp(props: { ref: (element: HTMLDialogElement) => void }): JSX.Element {
  let dialog!: HTMLDialogElement;
  return (
    <dialog class="keys" aria-labelledby="keys-title" ref={(element) => { dialog = element; props.ref(element); }} onClick={(event) => { if (event.target === dialog) dialog.close(); }}>
      <div class="panel-head">
        <h2 id="keys-title">Keys</h2>
        <button class="button push" type="button" onClick={() => dialog.close()}>Close</button>
      </div>
      <dl>
        <For each={KEYS}>
          {([keys, what]) => <><dt><For each={keys}>{(key) => <>{key === '…' ? ' … ' : <kbd>{key}</kbd>} </>}</For></dt><dd class="muted">{what}</dd></>}
        </For>
      </dl>
    </dialog>
  );
}
