/**
 * Draws the forecast ahead of the last price: the 90 % interval as a cone over the horizons, the expected price as a line
 * with a dot at each horizon. Between horizons the cone widens with the square root of time, as a random walk's would.
 */
import type { AutoscaleInfo, IPrimitivePaneRenderer, IPrimitivePaneView, ISeriesPrimitive, Logical, SeriesAttachedParameter, Time } from 'lightweight-charts';
import type { Cone, ConeStep } from '../model/cone.ts';
import { gridAxis, type GridAxis } from './gridAxis.ts';
import { withAlpha, type Palette } from './palette.ts';

type Attached = SeriesAttachedParameter<Time>;
type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];
/** Points of a cone's edge between two horizons. */
const EDGE_POINTS = 8;

export class ConePrimitive implements ISeriesPrimitive<Time> {
  readonly #stepUs: number;
  #palette: Palette;
  #cone: Cone | null = null;
  #attached: Attached | null = null;
  readonly #views: readonly IPrimitivePaneView[];

  constructor(stepUs: number, palette: Palette) {
    this.#stepUs = stepUs;
    this.#palette = palette;
    const renderer: IPrimitivePaneRenderer = { draw: (target) => this.#draw(target) };
    this.#views = [{ zOrder: () => 'top', renderer: () => renderer }];
  }
  attached(attached: Attached): void {
    this.#attached = attached;
  }
  detached(): void {
    this.#attached = null;
  }
  paneViews(): readonly IPrimitivePaneView[] {
    return this.#views;
  }
  update(cone: Cone | null, palette: Palette): void {
    this.#cone = cone;
    this.#palette = palette;
    this.#attached?.requestUpdate();
  }
  /** The axis makes room for the cone wherever it can be seen. */
  autoscaleInfo(_from: Logical, to: Logical): AutoscaleInfo | null {
    const axis = this.#axis();
    if (this.#cone === null || axis === null || axis.base > to) return null;
    const steps = this.#cone.steps.filter(({ ts }) => axis.index(ts) <= to + 1);
    if (steps.length === 0) return null;
    return { priceRange: { minValue: Math.min(...steps.map(({ lo }) => lo)), maxValue: Math.max(...steps.map(({ hi }) => hi)) } };
  }

  #axis(): GridAxis | null {
    return this.#cone === null || this.#attached === null ? null : gridAxis(this.#attached.chart.timeScale(), this.#cone.ts, this.#stepUs);
  }

  #draw(target: Target): void {
    const attached = this.#attached, cone = this.#cone, axis = this.#axis();
    if (attached === null || cone === null || axis === null) return;
    const { x } = axis;
    const y = (price: number): number | null => attached.series.priceToCoordinate(price);
    target.useMediaCoordinateSpace(({ context }) => {
      const upper = edge(cone, 'hi'), lower = edge(cone, 'lo');
      trace(context, [...upper, ...lower.reverse()], x, y);
      context.fillStyle = withAlpha(this.#palette.accent, 0.16);
      context.fill();
      context.lineWidth = 1;
      context.strokeStyle = withAlpha(this.#palette.accent, 0.45);
      trace(context, upper, x, y);
      context.stroke();
      trace(context, lower, x, y);
      context.stroke();
      context.lineWidth = 2;
      context.strokeStyle = this.#palette.accent;
      trace(context, [cone, ...cone.steps], x, y);
      context.stroke();
      for (const step of cone.steps) this.#dot(context, x(step.ts), y(step.price));
    });
  }

  #dot(context: CanvasRenderingContext2D, x: number, y: number | null): void {
    if (y === null) return;
    context.beginPath();
    context.arc(x, y, 3.5, 0, 2 * Math.PI);
    context.fillStyle = this.#palette.accent;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = this.#palette.panel;
    context.stroke();
  }
}

interface Point { readonly ts: number; readonly price: number }

function edge(cone: Cone, side: 'lo' | 'hi'): Point[] {
  const points: Point[] = [{ ts: cone.ts, price: cone.price }];
  let from: { ts: number; price: number } = cone;
  for (const step of cone.steps) {
    points.push(...between(cone.ts, from, step, side));
    from = { ts: step.ts, price: step[side] };
  }
  return points;
}

/** Linear in √(time since the forecast). */
function between(origin: number, from: Point, step: ConeStep, side: 'lo' | 'hi'): Point[] {
  const start = Math.sqrt(from.ts - origin), span = Math.sqrt(step.ts - origin) - start;
  return Array.from({ length: EDGE_POINTS }, (_, i) => {
    const share = (i + 1) / EDGE_POINTS;
    return { ts: origin + (start + span * share) ** 2, price: from.price + (step[side] - from.price) * share };
  });
}

function trace(context: CanvasRenderingContext2D, points: readonly Point[], x: (ts: number) => number, y: (price: number) => number | null): void {
  context.beginPath();
  for (const point of points) {
    const py = y(point.price);
    if (py !== null) context.lineTo(x(point.ts), py);
  }
}
