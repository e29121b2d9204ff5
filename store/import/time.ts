/**
 * A cell that means a time → µs since the epoch, or null.
 *
 * Numbers are epochs; their size tells the unit: below 1e11 seconds, 1e14 milliseconds, 1e17 microseconds, else
 * nanoseconds (so 1973 and later). Eight digits from 19000101 to 22001231 are a day. Texts are ISO 8601, with a space or
 * a T; without a zone they are UTC. Finer than a microsecond is cut off.
 */
/** A time that a reader has already understood; a class, so that no text can pretend to be one. */
export class KnownTime {
  readonly us: number;
  constructor(us: number) {
    this.us = us;
  }
}

/** Longer texts are no time in any format, and cost more the longer they are. */
const MAX_TIME_CHARS = 50;

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|UTC|[+-]\d{2}:?\d{2})?$/i;
const MAX_US = 9_000_000_000_000_000;

export function parseTime(cell: unknown): number | null {
  if (typeof cell === 'string') return parseText(cell.trim());
  if (typeof cell === 'number') return inRange(fromEpoch(cell));
  if (typeof cell === 'bigint') return fromInteger(cell);
  if (cell instanceof Date) return inRange(cell.getTime() * 1_000);
  if (cell instanceof KnownTime) return inRange(cell.us);
  return null;
}

const inRange = (us: number): number | null => (us >= 0 && us < MAX_US ? us : null);

function fromEpoch(value: number): number {
  if (value < 1e11) return Math.round(value * 1e6);
  if (value < 1e14) return Math.round(value * 1e3);
  return value < 1e17 ? Math.round(value) : Math.floor(value / 1e3);
}

/** Nanoseconds don't fit a double: they are cut as an integer. */
const fromInteger = (value: bigint): number | null => inRange(value >= 100_000_000_000_000_000n ? Number(value / 1_000n) : fromEpoch(Number(value)));

function parseText(text: string): number | null {
  if (text.length > MAX_TIME_CHARS) return null;
  if (/^\d+$/.test(text)) return text.length === 8 && text >= '19000101' && text <= '22001231' ? parseIso(`${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`) : fromInteger(BigInt(text));
  if (/^\d+\.\d+$/.test(text)) return inRange(fromEpoch(Number(text)));
  return parseIso(text);
}

function parseIso(text: string): number | null {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = ISO.exec(text) ?? [];
  if (year === undefined) return null;
  const parts = [Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const;
  const ms = Date.UTC(...parts);
  const back = new Date(ms);
  const same = back.getUTCMonth() === parts[1] && back.getUTCDate() === parts[2] && back.getUTCHours() === parts[3] && back.getUTCMinutes() === parts[4] && back.getUTCSeconds() === parts[5];
  if (!same) return null; // the 30th of February, 25 o'clock
  const [, sign, zoneHours = '0', zoneMinutes = '0'] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
  return inRange((ms - offsetMs) * 1_000 + Number(fraction.slice(0, 6).padEnd(6, '0')));
}
