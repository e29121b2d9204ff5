/** From configuration to a source. What reads one kind is loaded for that kind only: a source that is restarted has that much less to load. */
import { liveVenues, type SourceConfig } from '../../runtime/config.ts';
import { wallClock } from '../../runtime/clock.ts';
import type { Contents, Source, Span } from './source.ts';

/** `span` is null where nobody knows the end; `contents` are a recording's, once known. Throws RefusedError. Nothing is dialled before messages() is read. */
export async function openSource(config: SourceConfig, contents?: Contents): Promise<Source & { readonly span: Span | null }> {
  if (config.kind === 'recording') return (await import('./recording.ts')).openRecording(config.paths, contents);
  if (config.kind === 'simulator') {
    const { openSimulator, SIMULATION_START_TS } = await import('./simulator/simulator.ts');
    return openSimulator({ ...config, startTs: SIMULATION_START_TS });
  }
  const { openBinance } = await import('./binance/live.ts');
  return Object.assign(openBinance(liveVenues(config), wallClock), { span: null });
}
