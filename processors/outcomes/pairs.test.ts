/** Frames and predictions are paired by frame time, also after retention has cut one stream more than the other. */
import { describe, expect, it } from 'vitest';
import { openCalmLink } from '../../tests/simulation/link.ts';
import { createMemoryJetStream } from '../../tests/simulation/memoryJetStream.ts';
import { silentLog } from '../../tests/support/context.ts';
import { CorruptError } from '../../runtime/errors.ts';
import { encodeFrame } from '../../streams/messages/frame.ts';
import { encodePrediction } from '../../streams/messages/prediction.ts';
import { FEATURES, PREDICTIONS, streamsFor } from '../../streams/streams.ts';
import { pairs } from './pairs.ts';

const universe = { universe: 'u', symbols: ['sim.A'] };
const frame = (ts: number): Uint8Array => encodeFrame({ v: 1, ...universe, ts, schema: 's', rows: '', mid: [1], flags: [0] });
const prediction = (frameTs: number): Uint8Array =>
  encodePrediction({ v: 1, ...universe, frameTs, madeAt: 0, late: false, role: 'champion', model: null, schema: 's', refPrice: [1], flags: [0], horizons: [] });

/** The first `count` pairs' frame times, prediction times and what was said aloud. */
async function paired(frames: readonly number[], predictions: readonly number[], cut: { frames: number; predictions: number }, count: number): Promise<{ times: number[][]; told: unknown[] }> {
  const server = createMemoryJetStream();
  for (const spec of streamsFor(['f'])) server.addStream(spec);
  for (const ts of frames) server.append('features.u', frame(ts), {});
  for (const ts of predictions) server.append('predictions.u', prediction(ts), {});
  server.purge(FEATURES, cut.frames + 1);
  server.purge(PREDICTIONS, cut.predictions + 1);
  const told: unknown[] = [];
  const log = { ...silentLog, error: (fields: unknown) => void told.push(fields) };
  const abort = new AbortController();
  const times: number[][] = [];
  for await (const pair of pairs(openCalmLink(server, log), 'u', { frameSeq: 0, predictionSeq: 0 }, { signal: abort.signal, log })) {
    times.push([pair.frame.ts, pair.prediction.frameTs, pair.frameSeq, pair.predictionSeq]);
    if (times.length === count) break;
  }
  abort.abort();
  return { times, told };
}

describe('pairs', () => {
  const all = [1, 2, 3, 4, 5];
  it('of whole streams are in step, and nothing is said', async () =>
    expect(await paired(all, all, { frames: 0, predictions: 0 }, 5)).toEqual({ times: all.map((ts) => [ts, ts, ts, ts]), told: [] }));
  it('begin where both streams are still there: fewer frames', async () =>
    expect(await paired(all, all, { frames: 3, predictions: 1 }, 2)).toEqual({ times: [[4, 4, 4, 4], [5, 5, 5, 5]], told: [{ lone: 2 }] }));
  it('begin where both streams are still there: fewer predictions', async () =>
    expect(await paired(all, all, { frames: 0, predictions: 3 }, 2)).toEqual({ times: [[4, 4, 4, 4], [5, 5, 5, 5]], told: [{ lone: 3 }] }));
  it('that fall out of step later are damage', async () => {
    await expect(paired([1, 2, 4], [1, 2, 3], { frames: 0, predictions: 0 }, 3)).rejects.toThrow(CorruptError);
    await expect(paired([1, 2, 3], [1, 2, 4], { frames: 0, predictions: 0 }, 3)).rejects.toThrow(CorruptError);
  });
});
