/** A score's verdict in two lines; the whole sentence on hover and for screen readers. */
import type { JSX } from 'solid-js';
import type { Verdict } from '../model/verdict.ts';

export function VerdictText(props: { verdict: Verdict }): JSX.Element {
  return (
    <div class={`verdict ${props.verdict.tone}`} title={props.verdict.sentence}>
      <b>{props.verdict.text}</b>
      <span>{props.verdict.detail || '\u00a0'}</span>
    </div>
  );
}
