/** Windows are named in time and counted in steps of the grid, at least one. */

export const stepsIn = (windowMs: number, stepMs: number): number => Math.max(1, Math.round(windowMs / stepMs));

/** 300_000 → '300s', 500 → '500ms'. */
export const label = (windowMs: number): string => (windowMs % 1_000 === 0 ? `${windowMs / 1_000}s` : `${windowMs}ms`);
