/**
 * The order of the universe table. It is taken when the reader asks for it and then stays: rows that jump while one
 * reads them are worse than an order a few seconds old. What isn't known yet goes last, whatever the direction.
 */
export type SortKey = 'symbol' | 'price' | 'change' | 'spread' | `forecast-${number}` | `skill-${number}`;
export interface Sort { readonly key: SortKey; readonly descending: boolean }

/** Clicking a heading: numbers start with the largest, names with A; again turns round. */
export function nextSort(current: Sort, key: SortKey): Sort {
  if (current.key === key) return { key, descending: !current.descending };
  return { key, descending: key !== 'symbol' };
}

export function ordered<T>(rows: readonly T[], value: (row: T) => string | number | null, descending: boolean): T[] {
  const keyed = rows.map((row, index) => ({ row, index, key: value(row) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) return a.key === b.key ? a.index - b.index : a.key === null ? 1 : -1;
    const way = typeof a.key === 'string' || typeof b.key === 'string' ? String(a.key).localeCompare(String(b.key), 'en') : a.key - b.key;
    return (descending ? -way : way) || a.index - b.index;
  });
  return keyed.map(({ row }) => row);
}

/** Every word must occur, in any order, whatever the case. */
export function matches(text: string, query: string): boolean {
  const haystack = text.toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => haystack.includes(word));
}
