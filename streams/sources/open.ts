/** From configuration to a source. */
import { liveVenues, type SourceConfig } from '../../runtime/config.ts';
import { type WallClock, wallClock } from '../../runtime/clock.ts';
import { openBinance } from './binance/live.ts';
import { openRecording } from './recording.ts';
import { openSimulator, SIMULATION_START_TS } from './simulator/simulator.ts';
import type { Contents, Source, Span } from './source.ts';

/** `span` is null where nobody knows the end; `contents` are a recording's, once known. Throws RefusedError. Nothing is dialled before messages() is read. */
export async function openSource(config: SourceConfig, contents?: Contents, wall: WallClock = wallClock): Promise<Source & { readonly span: Span | null }> {
  if (config.kind === 'recording') return openRecording(config.paths, contents);
  if (config.kind === 'simulator') return openSimulator({ ...config, startTs: SIMULATION_START_TS });
  return Object.assign(openBinance(liveVenues(config), wall), { span: null });
}
