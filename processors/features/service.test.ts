/** What retention takes before it is read is told at any moment, not at the start alone. */
import { describe, expect, it, vi } from 'vitest';
import { CorruptError } from '../../runtime/errors.ts';
import { encodeFeedMessage, type FeedMessage } from '../../streams/messages/feed.ts';
import { encodeFrame, parseFrame } from '../../streams/messages/frame.ts';
import { FEATURES, streamsFor } from '../../streams/streams.ts';
import { openCalmLink } from '../../tests/simulation/link.ts';
import { createMemoryJetStream } from '../../tests/simulation/memoryJetStream.ts';
import { config, openTinySource } from '../../tests/simulation/tinyMarket.ts';
import { silentLog, testContext } from '../../tests/support/context.ts';
import { runFeatures } from './service.ts';

const WAIT = { timeout: 20_000, interval: 10 };
const FEED = `TICKS-${config.feed.name}`;

function newServer() {
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  return server;
}

async function setUp(server = newServer()) {
  const messages = (await openTinySource(1_000).messages(new AbortController().signal).next()).value as readonly FeedMessage[];
  const abort = new AbortController();
  const context = testContext('features', abort.signal);
  const errors: string[] = [];
  const journal = openCalmLink(server, silentLog);
  return {
    server, messages, errors,
    append: (some: readonly FeedMessage[]) => some.forEach((message) => {
      const { subject, body } = encodeFeedMessage(config.feed.name, message);
      server.append(subject, body, {});
    }),
    read: () => context.health().cursors[FEED],
    state: () => context.health().state,
    metric: async (name: string) => new RegExp(`^${name}\\S* (\\d+)$`, 'm').exec(await context.metrics.metrics())![1]!,
    run: () => runFeatures(journal, config, config.universes[0]!, { ...context, log: { ...silentLog, error: (_: unknown, text?: string) => void errors.push(text ?? '') } }),
    stop: () => abort.abort(),
  };
}

describe('features', () => {
  it('stops when messages are gone that it had yet to read, and publishes nothing made without them', async () => {
    const { append, messages, read, run, server, stop } = await setUp();
    append(messages.slice(0, 40));
    const running = run();
    const ended = running.then(() => null, (error: unknown) => error);
    await vi.waitFor(() => expect(read()).toBe(40), WAIT);
    const before = server.bounds(FEATURES).lastSeq;
    append(messages.slice(40, 100));
    server.purge(FEED, 90);
    expect(await ended).toMatchObject({ message: expect.stringContaining('messages 41 to 89 are gone') as string });
    expect(await ended).toBeInstanceOf(CorruptError);
    expect(server.bounds(FEATURES).lastSeq).toBe(before);
    stop();
  });

  it('warms up from what is left where there is no position yet, and says so', async () => {
    const { append, errors, messages, read, run, server, stop } = await setUp();
    append(messages);
    server.purge(FEED, 60);
    const running = run();
    await vi.waitFor(() => expect(read()).toBe(messages.length), WAIT);
    stop();
    await running;
    expect(errors).toEqual([expect.stringContaining('lost to the stream')]);
    expect(server.bounds(FEATURES).lastSeq).toBeGreaterThan(0);
  });

  /** A start without a snapshot, to the end of the feed. What it verified and published by then. */
  const startAgain = async (server: ReturnType<typeof newServer>): Promise<{ verified: string; frames: number }> => {
    const { messages, metric, read, run, stop } = await setUp(server);
    const before = server.bounds(FEATURES).lastSeq;
    const running = run();
    await Promise.race([running, vi.waitFor(() => expect(read()).toBe(messages.length), WAIT)]);
    stop();
    await running;
    return { verified: await metric('foretick_features_verified_total'), frames: server.bounds(FEATURES).lastSeq - before };
  };

  it('goes on where retention took its oldest frames and the feed is whole: those that are left are held against it', async () => {
    const { append, messages, server } = await setUp();
    append(messages);
    const { frames } = await startAgain(server);
    server.purge(FEATURES, 8);
    expect(await startAgain(server)).toEqual({ verified: String(frames - 7), frames: 0 });
  });

  it('is ready when it stands where it stood, not before', async () => {
    const first = await setUp();
    const { server } = first;
    first.append(first.messages.slice(0, 60));
    const running = first.run();
    await vi.waitFor(() => expect(first.read()).toBe(60), WAIT);
    first.stop();
    await running;
    const kept = [...server.messages(FEED)];
    const again = newServer(); // where its input comes once more, in parts
    for (const { subject, data } of server.messages(FEATURES)) again.append(subject, data, { headers: { 'Foretick-Input-Seq': '1' } });
    const closing = server.bounds(FEATURES).lastSeq;
    for (const { subject, data } of kept.slice(0, 30)) again.append(subject, data, {});
    const { metric, read, run, state, stop } = await setUp(again);
    const ended = run();
    await vi.waitFor(() => expect(read()).toBe(30), WAIT);
    expect(state()).toBe('starting');
    for (const { subject, data } of kept.slice(30)) again.append(subject, data, {});
    await vi.waitFor(() => expect(read()).toBe(60), WAIT);
    expect([state(), await metric('foretick_features_verified_total')]).toEqual(['running', String(closing)]);
    stop();
    await ended;
  });

  it('goes on after a kill in a new epoch without a snapshot: frames of the old code are held against nothing', async () => {
    const { append, messages, server } = await setUp();
    append(messages);
    const { frames } = await startAgain(server);
    const old = server.messages(FEATURES).slice(0, 9).map(({ subject, data }) => ({ subject, data: encodeFrame({ ...parseFrame(data), schema: 'of-older-code' }) }));
    const upgraded = newServer();
    const { append: appendTo } = await setUp(upgraded);
    appendTo(messages);
    for (const { subject, data } of old) upgraded.append(subject, data, { headers: { 'Foretick-Input-Seq': '1' } });
    expect(await startAgain(upgraded)).toEqual({ verified: '0', frames: frames - 9 });
    expect(await startAgain(upgraded)).toEqual({ verified: String(frames - 9), frames: 0 });
  });
});
