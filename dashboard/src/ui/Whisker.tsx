/** A skill with its 95 % interval on an axis around zero. */
import { Show, type JSX } from 'solid-js';
import { niceCeil, positionOn } from '../model/scale.ts';
import type { Tone } from '../model/verdict.ts';

export function Whisker(props: { value: number | null; lo: number | null; hi: number | null; tone: Tone }): JSX.Element {
  const half = (): number => niceCeil(Math.max(0.05, Math.abs(props.lo ?? 0), Math.abs(props.hi ?? 0), Math.abs(props.value ?? 0)));
  const at = (value: number): string => `${(positionOn(value, half()) * 100).toFixed(2)}%`;
  return (
    <svg class={`whisker ${props.tone}`} aria-hidden="true">
      <rect class="track" x="0" y="6" width="100%" height="2" rx="1" />
      <line class="zero" x1="50%" x2="50%" y1="1" y2="13" />
      <Show when={props.lo !== null && props.hi !== null}><line class="span" x1={at(props.lo!)} x2={at(props.hi!)} y1="7" y2="7" /></Show>
      <Show when={props.value !== null}><circle class="mark" cx={at(props.value!)} cy="7" r="4" /></Show>
    </svg>
  );
}
