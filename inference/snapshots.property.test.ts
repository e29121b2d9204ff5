/**
 * The law: a start goes on byte by byte as if nothing had been killed, from a snapshot of any age (also of a model before the
 * one that serves) or from the journal alone. And what isn't a snapshot of this very journal is told and not used.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../quant/random.ts';
import { featureSchema } from '../quant/frames/schema.ts';
import type { Objects } from '../streams/journal.ts';
import { encodeFrame, encodeRows, type Frame } from '../streams/messages/frame.ts';
import { encodePrediction } from '../streams/messages/prediction.ts';
import { BUCKET, FEATURES, HEADER, PREDICTIONS, streamsFor } from '../streams/streams.ts';
import { openCalmLink } from '../tests/simulation/link.ts';
import { createMemoryJetStream } from '../tests/simulation/memoryJetStream.ts';
import { card, config } from '../tests/simulation/tinyMarket.ts';
import { silentLog } from '../tests/support/context.ts';
import { createFold } from './fold.ts';
import { type Rebuilding, rebuildFold } from './rebuild.ts';
import { foldFrameOf } from './rows.ts';
import { createSnapshots } from './snapshots.ts';

const universe = config.universes[0]!;
const { instruments: symbols, horizonsMs, stepMs } = universe;
const names = featureSchema(stepMs).features.map(({ name }) => name);
const scaleColumn = names.indexOf(card.scaleFeature);
/** The second has its horizons the other way round, and too few residuals for an interval at first. */
const cards = { a: { ...card, model: 'a' }, b: { ...card, model: 'b', horizons: card.horizons.toReversed().map((horizon) => ({ ...horizon, residualQuantiles: [0.25, -0.5] })) } };
type Model = keyof typeof cards | null;
const models: Rebuilding['models'] = { card: async (model) => cards[model as keyof typeof cards] ?? null };
const RUNS = process.env['FORETICK_FULL'] === '1' ? 300 : 20;
const SNAPSHOT = `inference.${universe.name}`;

/** The market of a seed: values are drawn alike whatever was killed. */
function createMarket(seed: number) {
  const random = createRandom(seed);
  let ts = 1_000_000;
  let level = 100;
  const some = <T>(value: T, other: T): T => (random.next() < 0.05 ? other : value);
  return (): { frame: Frame; rows: Float32Array; raw: Float32Array } => {
    ts += stepMs * 1_000 * some(1, 4);
    level *= 1 + random.normal() / 1_000;
    const rows = new Float32Array(symbols.length * names.length);
    symbols.forEach((_, s) => (rows[s * names.length + scaleColumn] = some(1 + random.next(), NaN)));
    const frame = { v: 1 as const, universe: universe.name, ts, schema: card.schema, symbols, rows: encodeRows(rows), mid: symbols.map((_, s) => some<number | null>(level * (s + 1), null)), flags: [0, 0] };
    return { frame, rows, raw: Float32Array.from({ length: symbols.length * horizonsMs.length }, () => some(random.normal(), NaN)) };
  };
}

interface Wishes { readonly seed: number; readonly everyFrames: number; /** One a frame. */ readonly serving: readonly Model[] }

/** Inference without its surroundings: what runInference does with fold, journal and snapshots. `beforeStart` happens while it is dead. */
async function run({ seed, everyFrames, serving }: Wishes, killAt: number, beforeStart: (world: { objects: Objects; first: Uint8Array | null; server: ReturnType<typeof createMemoryJetStream> }) => Promise<void> = async () => undefined) {
  const market = createMarket(seed);
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const journal = openCalmLink(server, silentLog);
  const objects = await journal.openBucket(BUCKET.snapshots);
  const told: string[] = [];
  const log = { ...silentLog, warn: (_: unknown, text?: string) => void told.push(String(text)) };
  const start = () => ({ fold: createFold(symbols.length, horizonsMs), snapshots: createSnapshots(objects, universe, card.schema, log, () => expect.fail('a snapshot was not kept'), everyFrames) });
  let process = start();
  let first: Uint8Array | null = null;
  const predictions: string[] = [];
  for (const [at, model] of serving.entries()) {
    if (at === killAt) {
      await beforeStart({ objects, first, server });
      process = start();
      await rebuildFold(process.fold, (await journal.lastOf(PREDICTIONS, `predictions.${universe.name}`))!, process.snapshots, { journal, universe, models, schema: card.schema, log, signal: new AbortController().signal });
    }
    const { fold, snapshots } = process;
    const { frame, rows, raw } = market();
    const frameSeq = server.append(`features.${universe.name}`, encodeFrame(frame), {});
    server.append('predictions.other', new Uint8Array(1), {});
    if (model !== fold.model()) fold.use(model === null ? null : cards[model]);
    const foldFrame = model === null ? null : foldFrameOf(frame, rows, names, cards[model]);
    if (foldFrame !== null) fold.mature(foldFrame);
    const horizons = foldFrame === null ? [] : fold.forecast(foldFrame, cards[model!].horizons.map(({ horizonMs }) => horizonMs), raw);
    if (foldFrame !== null) fold.remember(foldFrame, model, horizons);
    const bytes = encodePrediction({ v: 1, universe: universe.name, frameTs: frame.ts, madeAt: 0, late: false, role: 'champion', model, schema: card.schema, symbols, refPrice: frame.mid, flags: frame.flags, horizons });
    snapshots.offer(fold, server.append(`predictions.${universe.name}`, bytes, { headers: { [HEADER.inputSeq]: String(frameSeq) } }), bytes);
    await snapshots.settled();
    first ??= server.bucket(BUCKET.snapshots).get(SNAPSHOT) ?? null;
    predictions.push(Buffer.from(bytes).toString());
  }
  return { predictions, told };
}

const servingOf = (stretches: readonly { readonly model: Model; readonly frames: number }[]): Model[] => stretches.flatMap(({ model, frames }) => Array<Model>(frames).fill(model));
const stretch = fc.record({ model: fc.constantFrom<Model>('a', 'b', null), frames: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 40 })) });
const wishes = fc.record({ seed: fc.nat(), everyFrames: fc.integer({ min: 1, max: 80 }), serving: fc.array(stretch, { minLength: 2, maxLength: 7 }).map(servingOf) });
const withoutSnapshot = ({ objects }: { objects: Objects }): Promise<void> => objects.put(SNAPSHOT, new Uint8Array(0));
const withTheFirst = async ({ objects, first }: { objects: Objects; first: Uint8Array | null }): Promise<void> => void (first === null ? null : await objects.put(SNAPSHOT, first));

describe('a start of inference', () => {
  it('goes on byte by byte as if it had not been killed, with the last snapshot, the first, or none', async () => {
    await fc.assert(fc.asyncProperty(wishes, fc.double({ min: 0, max: 0.999, noNaN: true }), async (wished, where) => {
      const killAt = 1 + Math.floor(where * (wished.serving.length - 1));
      const { predictions } = await run(wished, -1);
      for (const how of [undefined, withTheFirst, withoutSnapshot]) expect((await run(wished, killAt, how)).predictions).toEqual(predictions);
    }), { seed: 11, numRuns: RUNS });
  });

  it('does so when the whole window has passed, too, and reads no more than what came after the snapshot', async () => {
    const wished = { seed: 3, everyFrames: 151, serving: servingOf([{ model: 'b', frames: 20 }, { model: 'a', frames: 1_400 }]) };
    const { predictions } = await run(wished, -1);
    const [withIt, without] = [await run(wished, 1_390), await run(wished, 1_390, withoutSnapshot)];
    expect([withIt.told.length, without.told.length]).toEqual([0, 1]);
    expect(withIt.predictions).toEqual(predictions);
    expect(without.predictions).toEqual(predictions);
    // Behind the last snapshot, at 1,359, alone: what retention has taken before it isn't missed.
    const cut = await run(wished, 1_390, async ({ server }) => server.purge(FEATURES, 1_359));
    expect([cut.told, cut.predictions]).toEqual([[], predictions]);
  });

  it.each<[string, RegExp | null, Parameters<typeof run>[2]]>([
    ['cut short', /damaged/, async ({ objects }) => objects.put(SNAPSHOT, (await objects.get(SNAPSHOT))!.slice(0, -8))],
    ['with one bit changed', /damaged/, async ({ objects }) => objects.put(SNAPSHOT, (await objects.get(SNAPSHOT))!.map((byte, i, all) => (i === all.length - 100 ? byte ^ 1 : byte)))],
    ['with another head', /damaged/, async ({ objects }) => objects.put(SNAPSHOT, Buffer.concat([Buffer.from('{"remembered":[{"ts":-1}]}\n'), (await objects.get(SNAPSHOT))!]))],
    ['a megabyte of brackets', /damaged/, async ({ objects }) => objects.put(SNAPSHOT, Buffer.from(`${'['.repeat(900_000)}\n`))],
    ['without an end of the head', /damaged/, async ({ objects }) => objects.put(SNAPSHOT, new Uint8Array(2_000_000).fill(65))],
    ['that stands behind what is gone', /gone/, async ({ server }) => server.purge(PREDICTIONS, 119)],
    ['with frames gone that came after it', /retention/, async ({ server }) => server.purge(FEATURES, 55)],
  ])('tells a snapshot %s, and reads the journal back', async (_, why, harm) => {
    const { told } = await run({ seed: 5, everyFrames: 50, serving: servingOf([{ model: 'a', frames: 70 }]) }, 60, harm);
    expect(told).toEqual([expect.stringMatching(why!)]);
  });

  it('tells a snapshot of another journal, or newer than this one', async () => {
    let foreign: Uint8Array | null = null;
    const wished = { everyFrames: 50, serving: servingOf([{ model: 'a', frames: 70 }]) };
    await run({ ...wished, seed: 6 }, 60, async ({ objects }) => void (foreign = await objects.get(SNAPSHOT)));
    const put = ({ objects }: { objects: Objects }): Promise<void> => objects.put(SNAPSHOT, foreign!);
    expect((await run({ ...wished, seed: 7 }, 60, put)).told).toEqual([expect.stringContaining('is not the one behind which it stands')]);
    expect((await run({ ...wished, seed: 6 }, 60, put)).told).toEqual([]);
    expect((await run({ ...wished, seed: 6 }, 40, put)).told).toEqual([expect.stringContaining('the journal ends with')]);
  });
});
