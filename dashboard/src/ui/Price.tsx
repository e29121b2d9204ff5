/** A live price that lights up for a moment, green or red, when it changes. */
import { createComputed, createSignal, type JSX } from 'solid-js';
import { formatPrice } from '../model/format.ts';
import { shownPrice, type Instrument } from '../data/instrument.ts';

export function Price(props: { instrument: Instrument }): JSX.Element {
  const [flash, setFlash] = createSignal<string>();
  let before: number | null = null;
  let turn = 0;
  createComputed(() => {
    const now = shownPrice(props.instrument.price());
    if (before !== null && now !== null && now !== before) {
      // Two names in turn: an animation starts anew only when its name changes.
      turn = 1 - turn;
      setFlash(`${now > before ? 'up' : 'down'}${turn}`);
    }
    before = now;
  });
  return <span class="price" data-flash={flash()} data-testid="price">{formatPrice(shownPrice(props.instrument.price()), props.instrument.decimals())}</span>;
}
