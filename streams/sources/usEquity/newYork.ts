/**
 * New York's clock and the regular session of its exchanges, 09:30 to 16:00. The rules of daylight saving come from Intl
 * (the IANA zone), so every date is right. Early closes are not known here: such a day's session runs to 16:00.
 */
export interface Session {
  /** µs since the epoch; a tick belongs to [from, to). */
  readonly from: number;
  readonly to: number;
}

export const OPEN_MS_OF_DAY = 34_200_000;
export const CLOSE_MS_OF_DAY = 57_600_000;

let format: Intl.DateTimeFormat | undefined;
/** Made when it is first used: that takes 30 ms, and most sources have no sessions. */
const newYork = (): Intl.DateTimeFormat => (format ??= new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/New_York', hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
}));

/** What a clock on the wall in New York shows, as if it were UTC, ms. Whole seconds. */
function wallClockMs(utcMs: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of newYork().formatToParts(utcMs)) parts[type] = Number(value);
  return Date.UTC(parts['year']!, parts['month']! - 1, parts['day']!, parts['hour']!, parts['minute']!, parts['second']!);
}

/**
 * The session of a calendar day, given as that day's midnight in UTC, ms. Exchanges keep time in ms since New York's midnight
 * on the wall; the clocks change at 02:00, so within a session one offset holds.
 */
export function sessionOfDay(dayMs: number): Session {
  const wall = dayMs + OPEN_MS_OF_DAY;
  // New York is 4 or 5 hours behind: 14:00 UTC is in the same half of the day as 09:30 on its wall.
  const offsetMs = wallClockMs(dayMs + 14 * 3_600_000) - (dayMs + 14 * 3_600_000);
  return { from: (wall - offsetMs) * 1_000, to: (dayMs + CLOSE_MS_OF_DAY - offsetMs) * 1_000 };
}

/** The session of the New York day that a time falls in (the time itself may lie outside the session). */
export function sessionAt(ts: number): Session {
  const wall = wallClockMs(Math.floor(ts / 1_000_000) * 1_000);
  return sessionOfDay(Math.floor(wall / 86_400_000) * 86_400_000);
}
