/** A model that fails on one frame and would serve the others: what it is killed at must not show in the predictions. */
import { expect, it } from 'vitest';
import { openCalmLink } from '../tests/simulation/link.ts';
import { createMemoryJetStream } from '../tests/simulation/memoryJetStream.ts';
import { card, config, modelFile, openTinyModel, promotedFrom } from '../tests/simulation/tinyMarket.ts';
import { silentLog, testContext } from '../tests/support/context.ts';
import { registerModel } from '../registry/registry.ts';
import { RefusedError } from '../runtime/errors.ts';
import { openObjects } from '../streams/edge/objects.ts';
import { encodeFrame, encodeRows } from '../streams/messages/frame.ts';
import { encodeModelEvent } from '../streams/messages/model.ts';
import { parsePrediction } from '../streams/messages/prediction.ts';
import { BUCKET, FEATURES, HEADER, PREDICTIONS, streamsFor } from '../streams/streams.ts';
import { refusedHeader, refusedIn } from './refusals.ts';
import { runInference } from './service.ts';

const universe = config.universes[0]!;
const FRAMES = 8;
const FAILS_AT = 3;
const wall = { nowUs: () => 0, sleep: async () => undefined };

/** Passes its check, and fails where the first feature is FAILS_AT. */
const openFragileModel: typeof openTinyModel = async (onnx, modelCard) => {
  const session = await openTinyModel(onnx, modelCard);
  return { ...session, predict: async (rows, n) => (rows[0] === FAILS_AT ? Promise.reject(new RefusedError('fails on this frame')) : session.predict(rows, n)) };
};

/** The model of each prediction; inference dies after each of `deaths` predictions, and begins anew. */
async function modelsServed(deaths: readonly number[], schemaFrom: (frame: number) => string = () => card.schema): Promise<(string | null)[]> {
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const journal = openCalmLink(server, silentLog);
  await registerModel(await openObjects(journal, BUCKET.models), modelFile, card);
  server.append(`models.${universe.name}`, encodeModelEvent({
    v: 1, universe: universe.name, kind: 'promoted', model: card.model, sha256: card.sha256, fromFrame: promotedFrom, who: 'test', why: 'test', evidence: {}, at: 0,
  }), {});
  for (const until of [...deaths, FRAMES]) {
    for (let frame = server.bounds(FEATURES).lastSeq + 1; frame <= until; frame++) {
      const rows = new Float32Array(universe.instruments.length * card.features.length).fill(frame);
      server.append(`features.${universe.name}`, encodeFrame({ v: 1, universe: universe.name, ts: promotedFrom + frame * 100_000, schema: schemaFrom(frame), symbols: universe.instruments, rows: encodeRows(rows), mid: [1, 2], flags: [0, 0] }), {});
    }
    const abort = new AbortController();
    const running = runInference(journal, config, universe, testContext('inference', abort.signal), wall, openFragileModel);
    while (server.bounds(PREDICTIONS).lastSeq < until) await Promise.race([running, new Promise((resolve) => setTimeout(resolve, 1))]);
    abort.abort();
    await running;
  }
  return server.messages(PREDICTIONS).map(({ data }) => parsePrediction(data).model);
}

it('a model refused at a frame serves none after it, wherever inference is killed', async () => {
  const calm = await modelsServed([]);
  expect(calm).toEqual(Array.from({ length: FRAMES }, (_, i) => (i + 1 < FAILS_AT ? card.model : null)));
  for (let killedAfter = 1; killedAfter < FRAMES; killedAfter++) expect([killedAfter, await modelsServed([killedAfter])]).toEqual([killedAfter, calm]);
  expect(await modelsServed([1, 2, 3, 4, 5, 6, 7])).toEqual(calm);
});

it('a header holds any name, and counts for frames of its schema alone', async () => {
  const headers: Record<string, string> = refusedHeader(['other-1', 'a, b\n', 'é']);
  expect(headers[HEADER.refused]).toMatch(/^[\x21-\x7e]+$/);
  const data = new TextEncoder().encode(JSON.stringify({ v: 1, universe: 'u', frameTs: 1, madeAt: 1, late: false, role: 'champion', model: null, schema: 's', symbols: [], refPrice: [], flags: [], horizons: [] }));
  const stored = { seq: 1, subject: 'predictions.u', data, header: (name: string) => headers[name] };
  expect(refusedIn(stored as never, 's')).toEqual(['other-1', 'a, b\n', 'é']);
  expect(refusedIn(stored as never, 'another')).toEqual([]);
  expect(refusedIn(null, 's')).toEqual([]);
  expect(refusedHeader([])).toEqual({});
});
