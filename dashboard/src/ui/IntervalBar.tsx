/**
 * One forecast on a symmetric axis: the 90 % interval as a bar, the expected return as a dot, half the spread as the grey
 * zone around zero. A dot in the grey zone wouldn't pay for crossing the spread.
 */
import { Show, type JSX } from 'solid-js';
import { positionOn } from '../model/scale.ts';

export interface IntervalBarProps {
  readonly retBps: number | null;
  readonly loBps: number | null;
  readonly hiBps: number | null;
  /** Half the spread, bps; null where there is no quote. */
  readonly costBps: number | null;
  /** The axis reaches from −half to +half, bps. */
  readonly halfBps: number;
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`;

export function IntervalBar(props: IntervalBarProps): JSX.Element {
  const at = (bps: number): number => positionOn(bps, props.halfBps);
  const box = (from: number, to: number): { x: string; width: string } => ({ x: percent(at(from)), width: percent(Math.max(0, at(to) - at(from))) });
  return (
    <svg class="ibar" aria-hidden="true">
      <rect class="track" x="0" y="2" width="100%" height="5" rx="2.5" />
      <Show when={props.retBps !== null && props.costBps}>{(cost) => <rect class="cost" {...box(-cost(), cost())} y="2" height="5" />}</Show>
      <Show when={props.loBps !== null && props.hiBps !== null}>
        <rect class="span" {...box(props.loBps!, props.hiBps!)} y="2" height="5" rx="1" />
      </Show>
      <line class="zero" x1="50%" x2="50%" y1="0" y2="9" />
      <Show when={props.retBps !== null}>
        <circle class="mark" cx={percent(at(props.retBps!))} cy="4.5" r="4" />
      </Show>
    </svg>
  );
}
