/** When frames are due: known time, the grid and sessions (rules 1 to 4 of engine.ts), over their slots of the engine's state. */

/** Known time may move this far without a clock before it is called a gap, µs. */
const JUMP_US = 10_000_000;

const KNOWN = 0;
const NEXT = 1;
const SESSION = 2;
const SESSION_FROM = 3;
const SESSION_TO = 4;
export const GRID = { slots: 5 } as const;
/** Values of SESSION; 0 where the market never closes. */
const OPEN = 1;
const CLOSED = 2;

/** Grid times, oldest first. */
interface Due { readonly times: readonly number[]; readonly gap: boolean }

export function createGrid(slots: Float64Array, stepUs: number) {
  const floor = (ts: number): number => Math.floor(ts / stepUs) * stepUs;
  slots.fill(NaN, KNOWN, NEXT + 1);
  slots.fill(NaN, SESSION_FROM, SESSION_TO + 1);
  return {
    /** Takes those that a message at `tsInit` closes; null, as for most messages, when there are none. */
    take(tsInit: number): Due | null {
      const next = slots[NEXT]!;
      if (!(tsInit >= next) || slots[SESSION] === CLOSED) return null;
      const gap = tsInit - slots[KNOWN]! > JUMP_US;
      const times: number[] = [];
      let ts = gap ? floor(tsInit) : next;
      for (; ts <= tsInit; ts += stepUs) times.push(ts);
      slots[NEXT] = ts;
      return { times, gap };
    },
    /** Known time, which never goes back, once a message at `tsInit` has come. */
    reach(tsInit: number): number {
      if (!(tsInit <= slots[KNOWN]!)) slots[KNOWN] = tsInit;
      if (Number.isNaN(slots[NEXT]!)) slots[NEXT] = floor(tsInit) + stepUs;
      return slots[KNOWN]!;
    },
    isClosed: (): boolean => slots[SESSION] === CLOSED,
    openSession(from: number, to: number): void {
      slots[SESSION] = OPEN;
      slots[SESSION_FROM] = from;
      slots[SESSION_TO] = to;
      slots[NEXT] = floor(slots[KNOWN]!) + stepUs;
    },
    closeSession: (): void => void (slots[SESSION] = CLOSED),
    sessionFrom: (): number => slots[SESSION_FROM]!,
    sessionTo: (): number => slots[SESSION_TO]!,
  };
}
