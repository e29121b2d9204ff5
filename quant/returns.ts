/** ln(to/from) in basis points: the label of every forecast. NaN where a price is missing. */
export const logReturnBps = (from: number | null, to: number | null): number => (from === null || to === null ? NaN : Math.log(to / from) * 10_000);
