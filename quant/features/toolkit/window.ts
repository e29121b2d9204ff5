/** Windows are named in time and counted in steps of the grid, at least one. */

export const stepsIn = (windowMs: number, stepMs: number): number => Math.max(1, Math.round(windowMs / stepMs));

/** 300_000 → '300s'. The catalogue's windows are whole seconds. */
export const label = (windowMs: number): string => `${windowMs / 1_000}s`;
