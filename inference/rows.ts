/** Rows of a frame as a model wants them. Pure. */
import type { ModelCard } from '../registry/card.ts';
import type { Frame } from '../streams/messages/frame.ts';
import type { FoldFrame } from './fold.ts';

/** Positions of the card's features among the frame's, −1 where the frame lacks one. */
export const columnsOf = (card: Pick<ModelCard, 'features'>, names: readonly string[]): number[] => card.features.map((feature) => names.indexOf(feature));

/** The chosen columns of row-major `rows` of `width` columns. */
export function gather(rows: Float32Array, width: number, columns: readonly number[]): Float32Array {
  const n = rows.length / width;
  const out = new Float32Array(n * columns.length);
  for (let r = 0; r < n; r++) for (let c = 0; c < columns.length; c++) out[r * columns.length + c] = rows[r * width + columns[c]!]!;
  return out;
}

/** Mids and scales: the card says which feature scales residuals, and its floor. */
export function foldFrameOf(frame: Frame, rows: Float32Array, names: readonly string[], card: Pick<ModelCard, 'scaleFeature' | 'scaleFloorBps'>): FoldFrame {
  const column = names.indexOf(card.scaleFeature);
  const scaleBps = frame.symbols.map((_, s) => {
    const scale = rows[s * names.length + column]!;
    return Number.isNaN(scale) ? NaN : Math.max(scale, card.scaleFloorBps);
  });
  return { ts: frame.ts, mid: frame.mid, scaleBps };
}
