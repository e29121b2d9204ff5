/** What the page says while there is no forecast: which service is being waited for, in its own words. */
import type { HealthInfo } from '../../../sdk/api.ts';
import { formatAge } from './format.ts';

export interface Notice { readonly title: string; readonly detail: string; readonly tone: 'wait' | 'trouble' }

type Service = HealthInfo['services'][number];
/** Training keeps the trainer too busy to report for a while: only a longer silence, s, is trouble. */
const BUSY_SECONDS = 120;

const sentence = (text: string): string => {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  return `${trimmed[0]!.toUpperCase()}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? '' : '.'}`;
};

/**
 * The model that serves: the champion as last asked (undefined before the first answer), or sooner the model of a
 * forecast that is already on the page.
 */
export function championOf(asked: string | null | undefined, forecastBy: readonly (string | null | undefined)[]): string | null | undefined {
  return asked === null ? forecastBy.find((model) => typeof model === 'string') ?? null : asked;
}

/** Before the first model. Null once there is a champion. */
export function firstModelNotice(health: HealthInfo | undefined, champion: string | null | undefined): Notice | null {
  if (champion !== null) return null;
  const trainer = health?.services.find(({ service }) => service === 'trainer');
  if (trainer === undefined) return { tone: 'wait', title: 'No model yet', detail: 'Forecasts start by themselves once the first model is trained. The trainer has not reported yet.' };
  if (trainer.state === 'lost') return silentTrainer(trainer);
  return { tone: 'wait', title: 'No model yet', detail: `${sentence(trainer.detail) || 'The first model is being trained.'} Forecasts start by themselves.` };
}

function silentTrainer({ detail, ageSeconds }: Service): Notice {
  const last = sentence(detail);
  const heard = `${last === '' ? 'The trainer' : `${last} It`} last reported ${formatAge(ageSeconds)} ago`;
  if (ageSeconds < BUSY_SECONDS) return { tone: 'wait', title: 'No model yet', detail: `${heard}: training keeps it busy.` };
  return { tone: 'trouble', title: 'No model yet, and the trainer does not answer', detail: `${heard}. It is restarted by itself; if this stays, look at its log.` };
}

/** Services that need somebody's eye. Null when all is well. Before the first model its own notice speaks of the trainer. */
export function troubleNotice(health: HealthInfo | undefined, champion: string | null | undefined): Notice | null {
  const lost = health?.services.filter(({ service, state }) => state === 'lost' && !(service === 'trainer' && champion === null)) ?? [];
  if (lost.length === 0) return null;
  const names = lost.map(({ service }) => service).join(', ');
  return { tone: 'trouble', title: lost.length === 1 ? `The ${names} service does not answer` : `These services do not answer: ${names}`, detail: 'What is shown may be old. They are restarted by themselves; the status page says more.' };
}
