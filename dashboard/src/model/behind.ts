/** How many messages a service is behind in a stream: whoever has come furthest there is its end, for its writer is among them. */
import type { HealthInfo } from '../../../sdk/api.ts';

export function behind(services: readonly Pick<HealthInfo['services'][number], 'cursors'>[], stream: string, seq: number): number {
  return Math.max(0, ...services.map(({ cursors }) => (cursors[stream] ?? 0) - seq));
}
