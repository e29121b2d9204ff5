/** The last two minutes as a line. Its colour says which way they went, and so does the text for those who can't see it. */
import { createMemo, type JSX } from 'solid-js';
import { formatBps } from '../model/format.ts';
import type { PricePoint } from '../model/priceSeries.ts';
import { sparkPath } from '../model/scale.ts';

const WIDTH = 120;
const HEIGHT = 30;

/** Change over the points, bps; null with fewer than two. */
export function changeBps(points: readonly PricePoint[]): number | null {
  const first = points[0], last = points.at(-1);
  return first === undefined || last === undefined || first === last ? null : Math.log(last.price / first.price) * 10_000;
}

export function Spark(props: { points: readonly PricePoint[] }): JSX.Element {
  const path = createMemo(() => sparkPath(props.points.map(({ price }) => price), WIDTH, HEIGHT));
  const change = createMemo(() => changeBps(props.points) ?? 0);
  const words = (): string => (props.points.length < 2 ? 'no recent prices yet' : `${formatBps(change(), 1)} bps over the last two minutes`);
  return (
    <svg class="spark" classList={{ up: change() > 0, down: change() < 0 }} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words()}>
      <path d={path()} />
    </svg>
  );
}
