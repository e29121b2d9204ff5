/** How the champion's forecasts of this symbol did, a card a horizon. */
import { For, Show, type JSX } from 'solid-js';
import type { Score } from '../../../../streams/messages/score.ts';
import type { Instrument } from '../../data/instrument.ts';
import { formatCount, formatHorizon, formatPlain, formatShare, formatTime } from '../../model/format.ts';
import { scoreOf, verdictOf, type Verdict } from '../../model/verdict.ts';
import { VerdictText } from '../../ui/VerdictText.tsx';
import { Whisker } from '../../ui/Whisker.tsx';

const MEANING: Record<Verdict['tone'], string> = {
  good: 'Better than forecasting no move.',
  bad: 'Worse than forecasting no move.',
  unclear: 'Not clearly better or worse than forecasting no move.',
  none: '',
};

export function ScoresPanel(props: { instrument: Instrument; horizonsMs: readonly number[] }): JSX.Element {
  return (
    <section class="panel" aria-label="Scores">
      <div class="panel-head">
        <h2>Scores against the naive forecast</h2>
        <span class="faint small push">{props.instrument.score() ? `to ${formatTime(props.instrument.score()!.frameTs)}` : ''}</span>
      </div>
      <For each={props.horizonsMs}>{(horizonMs) => <ScoreCard horizonMs={horizonMs} score={scoreOf(props.instrument.score()?.scores, props.instrument.id, horizonMs)} />}</For>
    </section>
  );
}

function ScoreCard(props: { horizonMs: number; score: Score | undefined }): JSX.Element {
  const verdict = (): Verdict => verdictOf(props.score);
  return (
    <article class="scorecard" aria-label={verdict().sentence}>
      <div class="scorecard-top">
        <h3>{formatHorizon(props.horizonMs)} ahead</h3>
        <VerdictText verdict={verdict()} />
      </div>
      <Show when={props.score !== undefined && !props.score.tooLittleData && props.score} fallback={<p class="meaning">{verdict().sentence}</p>}>
        {(score) => (
          <>
            <Whisker value={score().skill} lo={score().skillLo} hi={score().skillHi} tone={verdict().tone} />
            <p class="meaning">{MEANING[verdict().tone]}</p>
            <ScoreFigures score={score()} />
          </>
        )}
      </Show>
    </article>
  );
}

function ScoreFigures(props: { score: Score }): JSX.Element {
  return (
    <dl>
      <dt title="Share of moves whose direction was right; moves of zero are left out">Direction right</dt>
      <dd>{formatShare(props.score.hitRate, 1)} <small>base {formatShare(props.score.baseRate, 1)}</small></dd>
      <dt title="Share of outcomes inside the 90 % interval">90 % interval held</dt>
      <dd>{formatShare(props.score.coverage, 1)}</dd>
      <dt title="Uncentred correlation of forecast and outcome">Correlation</dt>
      <dd>{formatPlain(props.score.ic, 3)}</dd>
      <dt title="Root mean squared error, basis points">Error, bps</dt>
      <dd>{formatPlain(props.score.rmseBps)} <small>naive {formatPlain(props.score.naiveRmseBps)}</small></dd>
      <dt title="Matured forecasts, and the independent blocks they make">Forecasts</dt>
      <dd>{formatCount(props.score.n)} <small>{formatCount(props.score.blocks)} blocks{props.score.late > 0 ? `, ${formatCount(props.score.late)} late` : ''}</small></dd>
      <Show when={(props.score.zeroShare ?? 0) > 0.01}>
        <dt>Price did not move</dt>
        <dd>{formatShare(props.score.zeroShare, 1)}</dd>
      </Show>
    </dl>
  );
}
