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

const BLOCKS = 30;

/**
 * t-statistic of the squared error that `b` removes over `a`, in units of volatility, over BLOCKS stretches of equal
 * count: overlapping returns are not independent, stretches nearly are. 0 when there is too little to tell.
 */
export function pairedT(ts: Float64Array, y: Float64Array, scale: Float64Array, a: Float64Array, b: Float64Array): number {
  const sums = new Float64Array(BLOCKS);
  if (ts.length < BLOCKS) return 0;
  for (let i = 0; i < ts.length; i++) sums[Math.floor((i * BLOCKS) / ts.length)]! += ((y[i]! - a[i]!) ** 2 - (y[i]! - b[i]!) ** 2) / scale[i]! ** 2;
  const mean = sums.reduce((sum, value) => sum + value, 0) / BLOCKS;
  const variance = sums.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (BLOCKS - 1);
  return variance > 0 ? mean / Math.sqrt(variance / BLOCKS) : 0;
}
