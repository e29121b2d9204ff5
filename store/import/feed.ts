/** Name in the store of an imported instrument's ticks: a feed of their own, one an instrument. */
export const importFeed = (instrument: string): string => `import:${instrument.replace('.', ':')}`;
