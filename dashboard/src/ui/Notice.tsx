/** Waiting, trouble and emptiness, in plain words. */
import { Show, type JSX } from 'solid-js';

export function Notice(props: { tone: 'wait' | 'trouble'; title: string; detail: string }): JSX.Element {
  return (
    <div class="notice" classList={{ trouble: props.tone === 'trouble' }} role="status">
      <span class="pulse" aria-hidden="true" />
      <div>
        <h2>{props.title}</h2>
        <p class="muted">{props.detail}</p>
      </div>
    </div>
  );
}

export function Empty(props: { title: string; detail?: string }): JSX.Element {
  return (
    <div class="empty" role="status">
      <strong>{props.title}</strong>
      <Show when={props.detail}>{props.detail}</Show>
    </div>
  );
}
