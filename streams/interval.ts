/** Lengths of bars as people write them: `1s`, `5m`, `1h`. One spelling for the command line, the API and the docs. */

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

export const INTERVAL = /^([1-9]\d{0,5})(ms|s|m|h|d|w)$/;

/** In ms; null when it isn't one. At most six digits, so that every length is exact. */
export function parseInterval(text: string): number | null {
  const [, count = '', unit = ''] = INTERVAL.exec(text) ?? [];
  return count === '' ? null : Number(count) * UNIT_MS[unit]!;
}
