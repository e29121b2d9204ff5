/**
 * Named places at which a service can be told to die, as if by kill -9: before and after everything that another process
 * can see. Only the process that started a service can arm one (IPC); `foretick chaos` does. Unarmed, a point is one comparison.
 */
export const CRASH_POINTS = {
  source: ['source.publish.before', 'source.publish.after'],
  features: ['features.fetch.after', 'features.publish.before', 'features.publish.after', 'features.snapshot.before', 'features.snapshot.after'],
  inference: ['inference.fetch.after', 'inference.publish.before', 'inference.publish.after', 'inference.swap.before', 'inference.swap.after', 'inference.snapshot.before', 'inference.snapshot.after'],
  outcomes: ['outcomes.fetch.after', 'outcomes.publish.before', 'outcomes.publish.after', 'outcomes.scores.before', 'outcomes.scores.after', 'outcomes.snapshot.before', 'outcomes.snapshot.after'],
  recorder: ['recorder.fetch.after', 'recorder.commit.before', 'recorder.cursor.before', 'recorder.commit.after'],
  latest: ['latest.publish.before', 'latest.publish.after'],
  trainer: ['trainer.registry.before', 'trainer.registry.after', 'trainer.promote.before', 'trainer.promote.after'],
} as const;
export type CrashService = keyof typeof CRASH_POINTS;
export type CrashPoint = (typeof CRASH_POINTS)[CrashService][number];

export interface CrashOrder { readonly type: 'crash'; readonly point: CrashPoint; /** Passes before it dies; 0: the next time. */ readonly after: number }

let armed: CrashPoint | null = null;
let passes = 0;
let die = (): void => void process.kill(process.pid, 'SIGKILL');

/** What dying means where services share a process: in the simulation. */
export function dieBy(how: () => void): void {
  die = how;
}

/** From the parent process. Anything else is ignored. */
export function armCrashPoint(order: unknown): void {
  const { type, point, after } = (order ?? {}) as Partial<CrashOrder>;
  if (type !== 'crash' || point === undefined || !Object.values(CRASH_POINTS).flat().includes(point as never)) return;
  armed = point;
  passes = Number(after) || 0;
}

export function crashPoint(point: CrashPoint): void {
  if (armed !== point) return;
  if (passes-- > 0) return;
  armed = null;
  die();
}
