/**
 * Draws past forecasts of one horizon against what happened, at the time when each was made: the 90 % interval as a band,
 * what happened as dots; a dot outside its interval is a miss, larger and red. (The expected return is a series of its own.)
 */
import type { AutoscaleInfo, IPrimitivePaneRenderer, IPrimitivePaneView, ISeriesPrimitive, Logical, SeriesAttachedParameter, Time } from 'lightweight-charts';
import { inside, type Judged } from '../model/judged.ts';
import { gridAxis, type GridAxis } from './gridAxis.ts';
import { withAlpha, type Palette } from './palette.ts';

type Attached = SeriesAttachedParameter<Time>;
type Target = Parameters<IPrimitivePaneRenderer['draw']>[0];
/** A hole longer than this many steps ends the band. */
const HOLE_STEPS = 5;

export class JudgedPrimitive implements ISeriesPrimitive<Time> {
  readonly #stepUs: number;
  #palette: Palette;
  #rows: readonly Judged[] = [];
  #attached: Attached | null = null;
  readonly #views: readonly IPrimitivePaneView[];

  constructor(stepUs: number, palette: Palette) {
    this.#stepUs = stepUs;
    this.#palette = palette;
    const band: IPrimitivePaneRenderer = { draw: (target) => this.#drawBand(target) };
    const dots: IPrimitivePaneRenderer = { draw: (target) => this.#drawDots(target) };
    this.#views = [{ zOrder: () => 'bottom', renderer: () => band }, { zOrder: () => 'top', renderer: () => dots }];
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
  update(rows: readonly Judged[], palette: Palette): void {
    this.#rows = rows;
    this.#palette = palette;
    this.#attached?.requestUpdate();
  }
  autoscaleInfo(from: Logical, to: Logical): AutoscaleInfo | null {
    const axis = this.#axis();
    if (axis === null) return null;
    let reach = 0;
    for (const row of this.#rows) {
      const index = axis.index(row.frameTs);
      if (index >= from && index <= to) reach = Math.max(reach, Math.abs(row.loBps ?? 0), Math.abs(row.hiBps ?? 0), Math.abs(row.realisedBps ?? 0));
    }
    return reach === 0 ? null : { priceRange: { minValue: -reach, maxValue: reach } };
  }

  #axis(): GridAxis | null {
    const first = this.#rows[0];
    return first === undefined || this.#attached === null ? null : gridAxis(this.#attached.chart.timeScale(), first.frameTs, this.#stepUs);
  }
  #coordinates(): { x: (row: Judged) => number; y: (bps: number) => number; seen: Judged[] } | null {
    const attached = this.#attached, axis = this.#axis();
    const range = attached?.chart.timeScale().getVisibleLogicalRange() ?? null;
    if (attached === null || axis === null || range === null) return null;
    const seen = this.#rows.filter((row) => {
      const index = axis.index(row.frameTs);
      return index >= range.from - 1 && index <= range.to + 1;
    });
    return { seen, x: (row) => axis.x(row.frameTs), y: (bps) => attached.series.priceToCoordinate(bps) ?? -1 };
  }

  #drawBand(target: Target): void {
    const at = this.#coordinates();
    if (at === null) return;
    target.useMediaCoordinateSpace(({ context }) => {
      context.fillStyle = withAlpha(this.#palette.accent, 0.13);
      for (const run of runs(at.seen, HOLE_STEPS * this.#stepUs)) {
        context.beginPath();
        for (const row of run) context.lineTo(at.x(row), at.y(row.hiBps!));
        for (const row of run.reverse()) context.lineTo(at.x(row), at.y(row.loBps!));
        context.fill();
      }
    });
  }

  #drawDots(target: Target): void {
    const at = this.#coordinates();
    if (at === null) return;
    target.useMediaCoordinateSpace(({ context }) => {
      for (const row of at.seen) {
        if (row.realisedBps === null) continue;
        const missed = inside(row) === false;
        context.beginPath();
        context.arc(at.x(row), at.y(row.realisedBps), missed ? 2.8 : 1.5, 0, 2 * Math.PI);
        context.fillStyle = missed ? this.#palette.down : withAlpha(this.#palette['text-2'], 0.8);
        context.fill();
      }
    });
  }
}

/** Stretches of rows that have an interval, without holes. */
function runs(rows: readonly Judged[], holeUs: number): Judged[][] {
  const found: Judged[][] = [];
  let last: Judged | undefined;
  for (const row of rows) {
    if (row.loBps === null || row.hiBps === null) {
      last = undefined;
      continue;
    }
    if (last === undefined || row.frameTs - last.frameTs > holeUs) found.push([]);
    found.at(-1)!.push(row);
    last = row;
  }
  return found;
}
