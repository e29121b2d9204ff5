/** The universe: every symbol with its live price, its forecasts, and how good such forecasts have been. */
import { Show, createEffect, createMemo, type JSX } from 'solid-js';
import type { ScoresInfo, UniverseInfo } from '../../../../sdk/api.ts';
import { useWorld } from '../../data/context.ts';
import { createPoll } from '../../data/poll.ts';
import { championOf, firstModelNotice, troubleNotice } from '../../model/notice.ts';
import { askScoresAfterMs } from '../../model/verdict.ts';
import { Empty, Notice } from '../../ui/Notice.tsx';
import { useUniverse } from '../../ui/useUniverse.ts';
import { PooledScores } from './PooledScores.tsx';
import { UniverseTable } from './UniverseTable.tsx';

const MODELS_EVERY_MS = 10_000;

export function UniversePage(): JSX.Element {
  const world = useWorld();
  const universe = useUniverse();
  createEffect(() => {
    const info = universe();
    if (info !== undefined) world.watch(info.instruments);
  });
  return (
    <Show when={universe()} fallback={<Empty title="No universe is served" detail="Start one with `foretick up`." />} keyed>
      {(info) => <Universe universe={info} />}
    </Show>
  );
}

function Universe(props: { universe: UniverseInfo }): JSX.Element {
  const world = useWorld();
  const name = (): string => props.universe.name;
  const models = createPoll(name, MODELS_EVERY_MS, (universe) => world.client.models(universe), world.noteFailure);
  const scores = createPoll(name, (newest: ScoresInfo | undefined) => askScoresAfterMs(newest?.scores, props.universe.horizonsMs), (universe) => world.client.scores(universe), world.noteFailure);
  const champion = createMemo(() => championOf(models.value()?.champion, props.universe.instruments.map((id) => world.instrument(id)?.prediction()?.model)));
  return (
    <>
      <h1 class="sr">Universe {props.universe.name}</h1>
      <Show when={troubleNotice(world.health(), champion())}>{(notice) => <Notice {...notice()} />}</Show>
      <Show when={firstModelNotice(world.health(), champion())} fallback={<PooledScores universe={props.universe} scores={scores.value()?.scores} />}>
        {(notice) => <Notice {...notice()} />}
      </Show>
      <UniverseTable universe={props.universe} />
    </>
  );
}
