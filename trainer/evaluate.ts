/** How good forecasts were, over columns. Pure. */

/** 1 − Σ(y−f)²/Σy²; null when nothing moved. */
export function skillOf(y: Float64Array, forecast: Float64Array): number | null {
  let e2 = 0;
  let e02 = 0;
  y.forEach((value, i) => {
    e2 += (value - forecast[i]!) ** 2;
    e02 += value ** 2;
  });
  return e02 > 0 ? 1 - e2 / e02 : null;
}

/** Σfy/√(Σf²Σy²); null when either is all zero. */
export function uncentredIc(y: Float64Array, forecast: Float64Array): number | null {
  let fy = 0;
  let f2 = 0;
  let y2 = 0;
  y.forEach((value, i) => {
    fy += value * forecast[i]!;
    f2 += forecast[i]! ** 2;
    y2 += value ** 2;
  });
  return f2 > 0 && y2 > 0 ? fy / Math.sqrt(f2 * y2) : null;
}

const MAX_BLOCKS = 30;
/** Fewer stretches than this tell nothing. */
const MIN_BLOCKS = 8;

/**
 * t-statistic of the squared error that `b` removes over `a`, in units of volatility, over stretches of equal count and at
 * least two horizons long: overlapping returns are not independent, such stretches nearly are. 0 when there are too few.
 */
export function pairedT(frames: number, stepsPerHorizon: number, y: Float64Array, scale: Float64Array, a: Float64Array, b: Float64Array): number {
  const blocks = Math.min(MAX_BLOCKS, Math.floor(frames / (2 * stepsPerHorizon)));
  if (blocks < MIN_BLOCKS) return 0;
  const sums = new Float64Array(blocks);
  for (let i = 0; i < y.length; i++) sums[Math.floor((i * blocks) / y.length)]! += ((y[i]! - a[i]!) ** 2 - (y[i]! - b[i]!) ** 2) / scale[i]! ** 2;
  const mean = sums.reduce((sum, value) => sum + value, 0) / blocks;
  const variance = sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (blocks - 1);
  return variance > 0 ? mean / Math.sqrt(variance / blocks) : 0;
}
