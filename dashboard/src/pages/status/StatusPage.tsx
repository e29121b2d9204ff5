/** Models and feed: which model serves and how it was judged, what happened to models, and how the services are. */
import { Show, createEffect, type JSX } from 'solid-js';
import { useWorld } from '../../data/context.ts';
import { createPoll } from '../../data/poll.ts';
import { firstModelNotice, troubleNotice } from '../../model/notice.ts';
import { Empty, Notice } from '../../ui/Notice.tsx';
import { useUniverse } from '../../ui/useUniverse.ts';
import { ChampionPanel } from './ChampionPanel.tsx';
import { EventsPanel } from './EventsPanel.tsx';
import { ServicesPanel } from './ServicesPanel.tsx';

const EVERY_MS = 5_000;

export default function StatusPage(): JSX.Element {
  const world = useWorld();
  const universe = useUniverse();
  const models = createPoll(() => universe()?.name, EVERY_MS, (name) => world.client.models(name), world.noteFailure);
  const health = createPoll(() => true, EVERY_MS, () => world.client.health(), world.noteFailure);
  // One price is enough to keep the market's clock going.
  createEffect(() => world.watch(universe()?.instruments.slice(0, 1) ?? []));
  return (
    <>
      <h1>Models &amp; feed</h1>
      <Show when={troubleNotice(health.value(), models.value()?.champion)}>{(notice) => <Notice {...notice()} />}</Show>
      <Show when={models.value() !== undefined && firstModelNotice(health.value(), models.value()?.champion)}>{(notice) => <Notice {...notice()} />}</Show>
      <div class="status-grid">
        <section class="panel wide" aria-label="Services">
          <div class="panel-head"><h2>Services</h2><span class="faint small push">how far each has read and written</span></div>
          <ServicesPanel health={health.value()} failure={health.failure()} />
        </section>
        <Show when={models.value()} fallback={<section class="panel wide"><Empty title={models.failure()?.message ?? 'Reading the models…'} detail={models.failure()?.hint} /></section>}>
          {(info) => (
            <>
              <ChampionPanel models={info()} />
              <EventsPanel events={info().events} />
            </>
          )}
        </Show>
      </div>
    </>
  );
}
