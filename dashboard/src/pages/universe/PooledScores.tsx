/** How the champion did over all symbols together, a tile a horizon: the first thing to know before reading a forecast. */
import { For, type JSX } from 'solid-js';
import type { UniverseInfo } from '../../../../sdk/api.ts';
import type { Score } from '../../../../streams/messages/score.ts';
import { formatHorizon, formatShare } from '../../model/format.ts';
import { scoreOf, verdictOf } from '../../model/verdict.ts';

export function PooledScores(props: { universe: UniverseInfo; scores: readonly Score[] | undefined }): JSX.Element {
  return (
    <section class="pooled" aria-label="Scores of all symbols together">
      <For each={props.universe.horizonsMs}>{(horizonMs) => <Tile horizonMs={horizonMs} score={scoreOf(props.scores, '*', horizonMs)} />}</For>
    </section>
  );
}

function Tile(props: { horizonMs: number; score: Score | undefined }): JSX.Element {
  const verdict = (): ReturnType<typeof verdictOf> => verdictOf(props.score);
  const judged = (): boolean => props.score !== undefined && !props.score.tooLittleData;
  const clear = (): string => (verdict().tone === 'unclear' ? 'not clear yet: ' : '');
  const more = (): string => (judged() ? `${clear()}${verdict().detail} · 90 % interval held ${formatShare(props.score?.coverage)}` : verdict().detail);
  return (
    <div title={verdict().sentence}>
      <span class="what">Skill, {formatHorizon(props.horizonMs)} ahead, all symbols</span>
      <span class="value" classList={{ up: verdict().tone === 'good', down: verdict().tone === 'bad', muted: verdict().tone === 'none' }}>{verdict().text}</span>
      <span class="detail">{more() || '\u00a0'}</span>
    </div>
  );
}
