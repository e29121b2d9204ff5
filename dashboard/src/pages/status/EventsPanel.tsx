/** What happened to models, newest first: every promotion says who, why, and from which frame on. */
import { For, type JSX } from 'solid-js';
import type { ModelEvent } from '../../../../streams/messages/model.ts';
import { formatDateTime, shortModel } from '../../model/format.ts';
import { Empty } from '../../ui/Notice.tsx';

const WORDS: Record<ModelEvent['kind'], readonly [word: string, tone: string]> = {
  registered: ['registered', ''], promoted: ['promoted', 'good'], rolledBack: ['rolled back', 'warn'], retired: ['retired', ''],
};
const SHOWN = 50;

export function EventsPanel(props: { events: readonly ModelEvent[] }): JSX.Element {
  return (
    <section class="panel" aria-label="Model events">
      <div class="panel-head"><h2>Model history</h2></div>
      <ol class="events">
        <For each={props.events.slice(-SHOWN).reverse()} fallback={<Empty title="No model was registered yet" />}>
          {(event) => (
            <li>
              <span class={`chip ${WORDS[event.kind][1]}`}>{WORDS[event.kind][0]}</span>
              <span><b title={event.sha256}>{shortModel(event.model)}</b> <span class="muted">{event.why}</span></span>
              <span class="meta">by {event.who}, from frame {formatDateTime(event.fromFrame)} UTC</span>
            </li>
          )}
        </For>
      </ol>
    </section>
  );
}
