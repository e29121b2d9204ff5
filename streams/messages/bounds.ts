/** How large a universe may be: entries of a column, and columns of a forecast. */
export const MAX_SYMBOLS = 500;
export const MAX_HORIZONS = 8;
