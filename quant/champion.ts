/** Which model serves a frame: the last promotion or rollback that holds from that frame or before. Pure. */
import type { ModelEvent } from '../streams/messages/model.ts';

/** Events in stream order. null: no model. `promoted` and `rolledBack` name the model that serves from then on. */
export function championAt(events: readonly ModelEvent[], frameTs: number): string | null {
  let champion: string | null = null;
  for (const event of events) {
    if (event.fromFrame > frameTs) continue;
    if (event.kind === 'promoted' || event.kind === 'rolledBack') champion = event.model;
    if (event.kind === 'retired' && event.model === champion) champion = null;
  }
  return champion;
}
