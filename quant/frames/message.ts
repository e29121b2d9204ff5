/** An engine's frame as the message that is published: the bytes that live, replay and the store must agree on. */
import { encodeFrame, encodeRows, type Frame } from '../../streams/messages/frame.ts';
import type { EngineFrame } from './engine.ts';

export function toFrame(universe: string, schema: string, instruments: readonly string[], frame: EngineFrame): Frame {
  return {
    v: 1, universe, ts: frame.ts, schema, symbols: [...instruments], rows: encodeRows(frame.rows),
    mid: Array.from(frame.mid, (mid) => (Number.isNaN(mid) ? null : mid)), flags: Array.from(frame.flags),
  };
}

export const frameBytes = (universe: string, schema: string, instruments: readonly string[], frame: EngineFrame): Uint8Array =>
  encodeFrame(toFrame(universe, schema, instruments, frame));
