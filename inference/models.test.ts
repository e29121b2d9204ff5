/** A check that takes too long isn't the model's fault, until it has done so often. */
import { expect, it } from 'vitest';
import { openCalmLink } from '../tests/simulation/link.ts';
import { createMemoryJetStream } from '../tests/simulation/memoryJetStream.ts';
import { card, config, modelFile, openTinyModel } from '../tests/simulation/tinyMarket.ts';
import { silentLog } from '../tests/support/context.ts';
import { registerModel } from '../registry/registry.ts';
import { openObjects } from '../streams/edge/objects.ts';
import { BUCKET, streamsFor } from '../streams/streams.ts';
import { CheckTimedOut } from './check.ts';
import { createModels } from './models.ts';

/** Of `frames` frames: which had a model; and who is refused at the end. */
async function served(timeOuts: number, virtual: boolean, frames: number): Promise<{ had: boolean[]; refused: readonly string[]; checks: number }> {
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const objects = await openObjects(openCalmLink(server, silentLog), BUCKET.models);
  await registerModel(objects, modelFile, card);
  let checks = 0;
  const models = createModels(objects, card.features, silentLog, [], virtual, async (onnx, modelCard) => {
    checks += 1;
    if (checks <= timeOuts) throw new CheckTimedOut('took longer than 30 seconds');
    return openTinyModel(onnx, modelCard);
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
