/**
 * Numbers that may enter a state or leave a feature. NaN means "not known" and is always the literal NaN: a NaN that the
 * processor makes (0/0, ∞ − ∞) may have other bits, and equal states must have equal bytes.
 */

/** Basis points in one. */
export const BPS = 10_000;

/** Beyond this a value is no market datum; below it squares and sums over any window stay finite. */
const LARGEST_INPUT = 1e150;
/** A frame's row is float32, whose largest number is 3.4e38. */
const LARGEST_OUTPUT = 3e38;

/** `x`, or NaN where it can't be a datum. What goes into a window passes through here. */
export const known = (x: number): number => (Math.abs(x) <= LARGEST_INPUT ? x : Number.NaN);

/** What leaves a feature: finite in float32 or NaN, and never −0, so that equal values have equal bytes. */
export const output = (x: number): number => (Math.abs(x) <= LARGEST_OUTPUT ? x + 0 : Number.NaN);

/** a / b where b > 0, otherwise not known. */
export const ratio = (a: number, b: number): number => (b > 0 ? a / b : Number.NaN);

/** ln(now / then) in bps; NaN unless both are positive. */
export const logReturnBps = (now: number, then: number): number =>
  now > 0 && then > 0 ? known(BPS * Math.log(now / then)) : Number.NaN;
