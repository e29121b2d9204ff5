/** A frame as one JSON text an instrument, its features by name: what the cache holds. Pure. */
import { type CacheEntry, frameKey } from '../../cache/cache.ts';
import { decodeRows, type Frame } from '../../streams/messages/frame.ts';

/** `names` in the order of the columns. NaN, not known, becomes null. Nothing when the frame has other columns. */
export function frameRows(frame: Frame, names: readonly string[]): CacheEntry[] {
  const rows = decodeRows(frame.rows);
  if (rows.length !== frame.symbols.length * names.length) return [];
  return frame.symbols.map((instrument, i) => {
    const features = Object.fromEntries(names.map((name, j) => {
      const value = rows[i * names.length + j]!;
      return [name, Number.isFinite(value) ? value : null];
    }));
    const row = { v: 1, ts: frame.ts, schema: frame.schema, mid: frame.mid[i] ?? null, flags: frame.flags[i] ?? 0, features };
    return { key: frameKey(frame.universe, instrument), value: JSON.stringify(row) };
  });
}
