/** The product's services over one simulated feed at full speed, from the first stored message to the last one handled. What they stored stays: forgetRun. */
import { rmSync } from 'node:fs';
import type { Config } from '../../runtime/config.ts';
import { openReader } from '../../store/open.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { lastOfSubject, streamBounds } from '../../streams/edge/stored.ts';
import { ensureStreams } from '../../streams/edge/streams.ts';
import { parseFrame } from '../../streams/messages/frame.ts';
import { SIMULATION_START_TS } from '../../streams/sources/simulator/simulator.ts';
import { FEATURES, OUTCOMES, PREDICTIONS, streamsFor, ticksStream } from '../../streams/streams.ts';
import { featuresSubject, outcomesSubject, predictionsSubject, scoresSubject } from '../../streams/subjects.ts';
import type { NatsServer } from '../../tests/support/natsServer.ts';
import { promoteModel } from './model.ts';
import { configOf, type Service, startService, until, usage } from './services.ts';

export const MAINS = {
  source: 'streams/sources/main.ts', features: 'processors/features/main.ts', recorder: 'processors/recorder/main.ts',
  inference: 'inference/main.ts', outcomes: 'processors/outcomes/main.ts', latest: 'processors/latest/main.ts', gateway: 'gateway/main.ts',
} as const;
export type Part = keyof typeof MAINS;

export interface PipelineWishes {
  readonly server: NatsServer;
  readonly connection: Connection;
  /** Of the universe and its feed; another for each run. */
  readonly name: string;
  readonly symbols: number;
  readonly minutes: number;
  readonly instruments: readonly string[];
  /** Beside the source and features. */
  readonly parts: readonly Part[];
}
export interface PipelineRun {
  readonly seconds: number;
  /** CPU seconds in that time. null where the system doesn't say. */
  readonly cpu: Readonly<Record<string, number | null>>;
  /** What nats-server had used in all, before and after. */
  readonly serverCpu: readonly [before: number, after: number] | null;
  readonly rssBytes: Readonly<Record<string, number>>;
}

export async function runPipeline(wishes: PipelineWishes): Promise<PipelineRun> {
  const { server, connection, name, symbols, minutes, instruments, parts } = wishes;
  await ensureStreams(connection, streamsFor([name]));
  const config = configOf({ natsUrl: server.url, name, instruments, source: { kind: 'simulator', seed: 1, symbols, minutes, predictable: true } });
  if (parts.includes('inference')) await promoteModel(connection, config);
  const services = new Map<string, Service>();
  try {
    for (const part of ['features', ...parts] as const) services.set(part, startService(part, MAINS[part], config));
    await Promise.all([...services.values()].map((service) => service.running()));
    services.set('source', startService('source', MAINS.source, config));
    await until('the first message', async () => (await streamBounds(connection, ticksStream(name))).lastSeq > 0, 30_000, 5);
    const pids = new Map([...[...services].map(([part, service]) => [part, service.pid] as const), ['nats-server', server.pid()]]);
    const before = new Map([...pids].map(([part, pid]) => [part, usage(pid)]));
    const started = performance.now();
    await untilDone(connection, config, parts, SIMULATION_START_TS + minutes * 60_000_000);
    const seconds = (performance.now() - started) / 1_000;
    const after = new Map([...pids].map(([part, pid]) => [part, usage(pid)]));
    const spent = (part: string): number | null => (after.get(part) === null ? null : after.get(part)!.cpuSeconds - before.get(part)!.cpuSeconds);
    const [serverBefore, serverAfter] = [before.get('nats-server') ?? null, after.get('nats-server') ?? null];
    const serverCpu = serverBefore === null || serverAfter === null ? null : ([serverBefore.cpuSeconds, serverAfter.cpuSeconds] as const);
    return { seconds, serverCpu, cpu: Object.fromEntries([...pids.keys()].map((part) => [part, spent(part)])), rssBytes: Object.fromEntries([...pids.keys()].map((part) => [part, after.get(part)?.rssBytes ?? 0])) };
  } finally {
    await Promise.all([...services.values()].map((service) => service.end()));
    rmSync(config.dataDir, { recursive: true, force: true });
  }
}

/**
 * Removes what a run left in the streams; of those that are shared, its own alone, and all of it. Not while another is under way: whoever reads a shared
 * stream takes what is removed from its middle for damage.
 */
export async function forgetRun(connection: Connection, name: string): Promise<void> {
  await connection.jsm.streams.delete(ticksStream(name));
  for (const [stream, subject] of [[FEATURES, featuresSubject(name)], [PREDICTIONS, predictionsSubject(name)], [OUTCOMES, outcomesSubject(name)], [OUTCOMES, scoresSubject(name)]] as const) await connection.jsm.streams.purge(stream, { filter: subject });
}

/** What each part writes last says that it is done. */
async function untilDone(connection: Connection, config: Config, parts: readonly Part[], endTs: number): Promise<void> {
  const { name } = config.universes[0]!;
  const LIMIT_MS = 180_000;
  const lastSeq = async (stream: string, subject: string): Promise<number> => (await lastOfSubject(connection, stream, subject))?.seq ?? 0;
  await until('the last frame', async () => {
    const last = await lastOfSubject(connection, FEATURES, featuresSubject(name));
    return last !== null && parseFrame(last.data).ts >= endTs;
  }, LIMIT_MS);
  if (parts.includes('inference')) {
    const frames = (await connection.jsm.streams.info(FEATURES, { subjects_filter: featuresSubject(name) })).state.subjects![featuresSubject(name)]!;
    const countOf = async (stream: string, subject: string): Promise<number> => (await connection.jsm.streams.info(stream, { subjects_filter: subject })).state.subjects?.[subject] ?? 0;
    await until('the last prediction', async () => (await countOf(PREDICTIONS, predictionsSubject(name))) >= frames, LIMIT_MS);
    // The last horizon never matures: the outcomes are done when they have nothing left to say.
    if (parts.includes('outcomes')) {
      let seen = -1;
      await until('the last outcome', async () => {
        const now = await lastSeq(OUTCOMES, outcomesSubject(name));
        const still = now === seen && now > 0;
        seen = now;
        return still;
      }, LIMIT_MS, 300);
    }
  }
  if (parts.includes('recorder')) {
    const { lastSeq: last } = await streamBounds(connection, ticksStream(config.feed.name));
    const reader = openReader(config.store.url);
    await until('the last row', async () => (await reader.cursor(ticksStream(config.feed.name))) >= last, LIMIT_MS);
    await reader.close();
  }
}
