/** Axes that don't jitter: a range is rounded up to 1, 2, 3 or 5 times a power of ten, so it changes seldom. */

export function niceCeil(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 3, 5, 10].find((candidate) => candidate * power >= value * (1 - 1e-12)) ?? 10;
  return step * power;
}

/** A position from 0 to 1 on a symmetric axis from −half to +half, clamped to it. */
export const positionOn = (value: number, half: number): number => Math.min(1, Math.max(0, 0.5 + value / (2 * half)));

/** A polyline through the prices, filling width × height with a margin; '' with fewer than two. */
export function sparkPath(prices: readonly number[], width: number, height: number): string {
  if (prices.length < 2) return '';
  const low = Math.min(...prices);
  const span = Math.max(...prices) - low;
  const margin = 2;
  return prices
    .map((price, i) => {
      const x = (i / (prices.length - 1)) * width;
      const y = span === 0 ? height / 2 : margin + (1 - (price - low) / span) * (height - 2 * margin);
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}
