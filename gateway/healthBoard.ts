/** What every service last said of itself. One silent for LOST_AFTER_US is lost. Pure: the time is an argument. */
import { z } from 'zod';
import type { HealthInfo } from '../sdk/api.ts';

/** Services repeat themselves every 2 s; five in a row missed is silence. */
export const LOST_AFTER_US = 10_000_000;
/** More names than we have services: only a misbehaving publisher gets there. */
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
  /** Takes a decoded report. False when it isn't one, or there are too many services. */
  take(report: unknown, nowUs: number): boolean;
  view(nowUs: number): HealthInfo;
}

export function createHealthBoard(version: string): HealthBoard {
  const last = new Map<string, { report: Report; at: number }>();
  return {
    take(value, nowUs) {
      const result = reportSchema.safeParse(value);
      if (!result.success) return false;
      if (!last.has(result.data.service) && last.size >= MAX_SERVICES) return false;
      last.set(result.data.service, { report: result.data, at: nowUs });
      return true;
    },
    view(nowUs) {
      const services = [...last.values()]
        .sort((a, b) => (a.report.service < b.report.service ? -1 : 1))
        .map(({ report, at }) => {
          const age = Math.max(0, nowUs - at);
          return { ...report, state: age >= LOST_AFTER_US ? ('lost' as const) : report.state, ageSeconds: Math.floor(age / 100_000) / 10 };
        });
      return { ok: services.length > 0 && services.every(({ state }) => state !== 'lost' && state !== 'draining'), version, services };
    },
  };
}

/** Equal views but for the ages: nothing that a reader must be told. */
export const sameHealth = (a: HealthInfo, b: HealthInfo): boolean => withoutAges(a) === withoutAges(b);
const withoutAges = (info: HealthInfo): string => JSON.stringify(info, (key, value: unknown) => (key === 'ageSeconds' ? undefined : value));
