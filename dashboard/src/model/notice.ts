/** What the page says while there is no forecast: which service is being waited for, in its own words. */
import type { HealthInfo } from '../../../sdk/api.ts';

export interface Notice { readonly title: string; readonly detail: string; readonly tone: 'wait' | 'trouble' }

/** A service that was not heard of for this long, s, is said to be lost even if nobody else noticed. */
const LOST_AFTER_SECONDS = 30;

const sentence = (text: string): string => {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  return `${trimmed[0]!.toUpperCase()}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? '' : '.'}`;
};

export const isLost = (service: HealthInfo['services'][number]): boolean => service.state === 'lost' || service.ageSeconds > LOST_AFTER_SECONDS;

/** Before the first model. Null once there is a champion. */
export function firstModelNotice(health: HealthInfo | undefined, champion: string | null | undefined): Notice | null {
  if (champion !== null) return null;
  const trainer = health?.services.find(({ service }) => service === 'trainer');
  if (trainer === undefined) return { tone: 'wait', title: 'No model yet', detail: 'Forecasts start by themselves once the first model is trained. The trainer has not reported yet.' };
  if (isLost(trainer)) return { tone: 'trouble', title: 'No model yet, and the trainer does not answer', detail: 'It is restarted by itself. If this stays, look at its log.' };
  return { tone: 'wait', title: 'No model yet', detail: `${sentence(trainer.detail) || 'The first model is being trained.'} Forecasts start by themselves.` };
}

/** Services that need somebody's eye. Null when all is well. */
export function troubleNotice(health: HealthInfo | undefined): Notice | null {
  const lost = health?.services.filter(isLost) ?? [];
  if (lost.length === 0) return null;
  const names = lost.map(({ service }) => service).join(', ');
  return { tone: 'trouble', title: lost.length === 1 ? `The ${names} service does not answer` : `These services do not answer: ${names}`, detail: 'What is shown may be old. They are restarted by themselves; the status page says more.' };
}
