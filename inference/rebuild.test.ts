/** After retention: each prediction is remembered with its own frame, or not at all. */
import { expect, it } from 'vitest';
import { card, config } from '../tests/simulation/tinyMarket.ts';
import { openCalmLink } from '../tests/simulation/link.ts';
import { createMemoryJetStream } from '../tests/simulation/memoryJetStream.ts';
import { silentLog } from '../tests/support/context.ts';
import { encodeFrame, encodeRows } from '../streams/messages/frame.ts';
import { encodePrediction } from '../streams/messages/prediction.ts';
import { BUCKET, FEATURES, HEADER, PREDICTIONS, streamsFor } from '../streams/streams.ts';
import { createFold, type FoldFrame } from './fold.ts';
import { rebuildFold } from './rebuild.ts';
import { createSnapshots } from './snapshots.ts';

const universe = config.universes[0]!;
const symbols = universe.instruments;
const rows = encodeRows(new Float32Array(symbols.length * card.features.length));

/** [frame time, what was predicted at it] as remembered. */
async function remembered(cut: { frames: number; predictions: number }): Promise<number[][]> {
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  for (let ts = 1; ts <= 6; ts++) {
    const seq = server.append('features.u', encodeFrame({ v: 1, universe: 'u', ts, schema: card.schema, symbols, rows, mid: [1, 2], flags: [0, 0] }), {});
    server.append('predictions.u', encodePrediction({
      v: 1, universe: 'u', frameTs: ts, madeAt: 0, late: false, role: 'champion', model: card.model, schema: card.schema, symbols, refPrice: [1, 2], flags: [0, 0],
      horizons: [{ horizonMs: 200, retBps: [ts, ts], loBps: [null, null], hiBps: [null, null], pUp: [null, null] }],
    }), { headers: { [HEADER.inputSeq]: String(seq) } });
  }
  server.purge(FEATURES, cut.frames + 1);
  server.purge(PREDICTIONS, cut.predictions + 1);
  const journal = openCalmLink(server, silentLog);
  const seen: number[][] = [];
  const fold = createFold(symbols.length, universe.horizonsMs);
  const watched = { ...fold, remember: (frame: FoldFrame, ...rest: [string | null, Parameters<typeof fold.remember>[2]]) => void seen.push([frame.ts, rest[1][0]!.retBps[0]!]) };
  const models = { card: async () => card };
  const snapshots = createSnapshots(await journal.openBucket(BUCKET.snapshots), universe, card.schema, silentLog, () => undefined);
  await rebuildFold(watched, (await journal.lastOf(PREDICTIONS, 'predictions.u'))!, snapshots, { journal, universe, models, schema: card.schema, log: silentLog, signal: new AbortController().signal });
  return seen;
}

const upFrom = (ts: number): number[][] => Array.from({ length: 7 - ts }, (_, i) => [ts + i, ts + i]);

it.each([
  { frames: 0, predictions: 0, from: 1 }, { frames: 3, predictions: 0, from: 4 }, { frames: 0, predictions: 2, from: 3 }, { frames: 6, predictions: 0, from: 7 },
])('with $frames frames and $predictions predictions gone', async ({ frames, predictions, from }) => expect(await remembered({ frames, predictions })).toEqual(upFrom(from)));
