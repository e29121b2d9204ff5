/** A check that takes too long isn't the model's fault, until it has done so often. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { openCalmLink } from '../tests/simulation/link.ts';
import { createMemoryJetStream } from '../tests/simulation/memoryJetStream.ts';
import { card, config, modelFile, openTinyModel } from '../tests/simulation/tinyMarket.ts';
import { silentLog } from '../tests/support/context.ts';
import { registerModel } from '../registry/registry.ts';
import { openObjects } from '../streams/edge/objects.ts';
import { BUCKET, streamsFor } from '../streams/streams.ts';
import { CheckUndecided } from './check.ts';
import { createModels } from './models.ts';

const options = { names: card.features, log: silentLog, refusedBefore: [], signal: new AbortController().signal };

/** Of `frames` frames: which had a model; and who is refused at the end. */
async function served(timeOuts: number, virtual: boolean, frames: number): Promise<{ had: boolean[]; refused: readonly string[]; checks: number }> {
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const objects = await openObjects(openCalmLink(server, silentLog), BUCKET.models);
  await registerModel(objects, modelFile, card);
  let checks = 0;
  const models = createModels(objects, {
    ...options, virtual,
    async openModel(onnx, modelCard) {
      checks += 1;
      if (checks <= timeOuts) throw new CheckUndecided('took longer than 30 seconds');
      return openTinyModel(onnx, modelCard);
    },
  });
  const had: boolean[] = [];
  for (let frame = 0; frame < frames; frame++) had.push((await models.load(card.model)) !== null);
  return { had, refused: models.refused(), checks };
}

it('live, a time-out is tried again some frames later, and is remembered nowhere', async () => {
  const { had, refused, checks } = await served(2, false, 200);
  expect([had.indexOf(true), had.slice(had.indexOf(true)).every(Boolean), refused, checks]).toEqual([122, true, [], 3]);
});

it('in virtual time the frame waits for the next try', async () => expect(await served(4, true, 3)).toEqual({ had: [true, true, true], refused: [], checks: 5 }));

it.each([true, false])('five time-outs are a refusal that lasts (virtual: %s)', async (virtual) => {
  const { had, refused, checks } = await served(9, virtual, 400);
  expect([had.some(Boolean), refused, checks]).toEqual([false, [card.model], 5]);
});

it('time-outs count in a row: a check that went well begins anew', async () => {
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const objects = await openObjects(openCalmLink(server, silentLog), BUCKET.models);
  const names = ['one', 'two', 'three'].map((name) => {
    const onnx = new TextEncoder().encode(name);
    const sha256 = createHash('sha256').update(onnx).digest('hex');
    return { onnx, card: { ...card, model: `other-${sha256.slice(0, 12)}`, sha256 } };
  });
  for (const one of names) await registerModel(objects, one.onnx, one.card);
  let timeOuts = 4;
  const models = createModels(objects, {
    ...options, virtual: true,
    async openModel(onnx, modelCard) {
      if (modelCard.model === names[0]!.card.model && timeOuts-- > 0) throw new CheckUndecided('took longer than 30 seconds');
      return openTinyModel(onnx, modelCard);
    },
  });
  // The first is out of memory by the time it is asked for again.
  for (const i of [0, 1, 2]) expect(await models.load(names[i]!.card.model)).not.toBeNull();
  timeOuts = 1;
  expect(await models.load(names[0]!.card.model)).not.toBeNull();
  expect(models.refused()).toEqual([]);
});

it('in virtual time, who is told to stop waits for no further check', async () => {
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const objects = await openObjects(openCalmLink(server, silentLog), BUCKET.models);
  await registerModel(objects, modelFile, card);
  const abort = new AbortController();
  let checks = 0;
  const models = createModels(objects, {
    ...options, virtual: true, signal: abort.signal,
    async openModel() {
      checks += 1;
      abort.abort();
      throw new CheckUndecided('took longer than 30 seconds');
    },
  });
  expect([await models.load(card.model), models.refused(), checks]).toEqual([null, [], 1]);
});
