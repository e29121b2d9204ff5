/**
 * What every service last said of itself. One silent for LOST_AFTER_US is lost, or, if it was leaving, gone: a worker that was
 * stopped has a name that never comes again. Pure: the time is an argument.
 */
import { z } from 'zod';
import type { HealthInfo } from '../sdk/api.ts';

/** Services repeat themselves every 2 s; five in a row missed is silence. */
export const LOST_AFTER_US = 10_000_000;
/** More names than a run has services at a time; workers started by hand leave theirs behind. */
const MAX_SERVICES = 256;

const reportSchema = z.object({
  service: z.string().min(1).max(64),
  state: z.enum(['starting', 'waiting', 'running', 'draining']),
  detail: z.string().transform((text) => text.slice(0, 500)),
  cursors: z.record(z.string().max(128), z.number()),
  counts: z.record(z.string().max(64), z.number()).default({}),
  pid: z.int(),
});
type Report = z.infer<typeof reportSchema>;

export interface HealthBoard {
  /** Takes a decoded report. False when it isn't one, or there are too many services that live. */
  take(report: unknown, nowUs: number): boolean;
  view(nowUs: number): HealthInfo;
}

export function createHealthBoard(version: string): HealthBoard {
  const last = new Map<string, { report: Report; at: number }>();
  const isSilent = ({ at }: { at: number }, nowUs: number): boolean => nowUs - at >= LOST_AFTER_US;
  /** Lets go of the one that has been silent for longest. False when none is. */
  const makeRoom = (nowUs: number): boolean => {
    const [name, oldest] = [...last].toSorted(([, a], [, b]) => a.at - b.at)[0]!;
    return isSilent(oldest, nowUs) && last.delete(name);
  };
  return {
    take(value, nowUs) {
      const result = reportSchema.safeParse(value);
      if (!result.success) return false;
      if (!last.has(result.data.service) && last.size >= MAX_SERVICES && !makeRoom(nowUs)) return false;
      last.set(result.data.service, { report: result.data, at: nowUs });
      return true;
    },
    view(nowUs) {
      const services = [...last.values()]
        .filter((service) => service.report.state !== 'draining' || !isSilent(service, nowUs))
        .sort((a, b) => (a.report.service < b.report.service ? -1 : 1))
        .map(({ report, at }) => {
          const ageSeconds = Math.floor(Math.max(0, nowUs - at) / 100_000) / 10;
          return { ...report, state: isSilent({ at }, nowUs) ? ('lost' as const) : report.state, ageSeconds };
        });
      return { ok: services.length > 0 && services.every(({ state }) => state !== 'lost' && state !== 'draining'), version, services };
    },
  };
}

/** Equal views but for the ages: nothing that a reader must be told. */
export const sameHealth = (a: HealthInfo, b: HealthInfo): boolean => withoutAges(a) === withoutAges(b);
const withoutAges = (info: HealthInfo): string => JSON.stringify(info, (key, value: unknown) => (key === 'ageSeconds' ? undefined : value));
