/**
 * A power cut takes the end of each stream by itself: what nats-server had acknowledged and not yet brought to the disk. A service whose
 * output was made of more than its input still holds stops and says so: made of what comes in its place, the rest would not fit.
 */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { wallClock } from '../../runtime/clock.ts';
import { FEATURES, OUTCOMES, PREDICTIONS, streamsFor, ticksStream } from '../../streams/streams.ts';
import { silentLog, testContext } from '../support/context.ts';
import { openCalmLink } from './link.ts';
import { createMemoryJetStream, type MemoryJetStream } from './memoryJetStream.ts';
import { SERVICES, type World } from './services.ts';
import { config } from './tinyMarket.ts';

const FEED = ticksStream(config.feed.name);
/** Where a new leader of a cluster may know less for a moment, services ask again for 10 s. */
const LONGER_MS = 15_000;
const JUDGED = 25;

function open(server: MemoryJetStream): { world: Omit<World, 'store'>; stop(): void } {
  const abort = new AbortController();
  return {
    world: { journal: openCalmLink(server, silentLog), context: testContext('test', abort.signal), wall: wallClock, chunk: 1_000, snapshotEveryFrames: 10 },
    stop: () => abort.abort(),
  };
}

async function ranWhole(): Promise<MemoryJetStream> {
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const { world, stop } = open(server);
  const running = (['trainer', 'source', 'features', 'inference', 'outcomes'] as const).map((name) => SERVICES[name](world as World));
  await vi.waitFor(() => expect(server.messages(OUTCOMES).length).toBeGreaterThan(JUDGED), { timeout: 30_000, interval: 20 });
  stop();
  await Promise.all(running);
  return server;
}

const CASES = [{ name: 'outcomes', input: PREDICTIONS }, { name: 'outcomes', input: FEATURES }, { name: 'inference', input: FEATURES }, { name: 'features', input: FEED }] as const;
const madeOf = (server: MemoryJetStream): number[] => [FEATURES, PREDICTIONS, OUTCOMES].map((stream) => server.bounds(stream).lastSeq);

/** What it throws, or says otherwise. */
async function outcomeOf(server: MemoryJetStream, name: (typeof CASES)[number]['name']): Promise<unknown> {
  const { world, stop } = open(server);
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const ended = Promise.race([SERVICES[name](world as World).then(() => 'ended', (error: unknown) => error), new Promise((resolve) => setTimeout(resolve, 2 * LONGER_MS, 'runs on'))]);
  await vi.advanceTimersByTimeAsync(2 * LONGER_MS);
  vi.useRealTimers();
  stop();
  return ended;
}

describe('after a power cut', () => {
  let server: MemoryJetStream;
  beforeEach(async () => void (server = await ranWhole()), 30_000);

  it.each(CASES)('$name stops where $input has lost its end, also when it has grown again, and says what to do', async ({ name, input }) => {
    const had = server.bounds(input).lastSeq;
    const left = Math.floor(had / 2);
    // Of a time that can't be that of what was lost: a feed's newest, a frame's or prediction's first.
    const other = server.messages(input).at(input === FEED ? -1 : 0)!;
    server.lose(input, left);
    const before = madeOf(server);
    const hint = expect.stringMatching(/restore.*--data/) as string;
    expect(await outcomeOf(server, name)).toMatchObject({ exitCode: 4, message: expect.stringContaining(`${input} ends at message ${left} and had `) as string, hint });
    expect(madeOf(server)).toEqual(before);
    while (server.bounds(input).lastSeq < had + 5) server.append(other.subject, other.data, {});
    const grown = madeOf(server);
    expect(await outcomeOf(server, name)).toMatchObject({ exitCode: 4, message: expect.stringMatching(`${input}: message \\d+ is another one than was read`) as string, hint });
    expect(madeOf(server)).toEqual(grown);
  });
});
