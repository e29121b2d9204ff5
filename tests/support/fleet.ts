/** Services as the supervisor starts them, on a nats-server of their own, with a model that serves from the first frame. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promoteModel } from '../../bench/support/model.ts';
import { readProgress } from '../../cli/completion.ts';
import { followHealths } from '../../cli/healths.ts';
import { summarise } from '../../cli/summary.ts';
import type { Failure } from '../../runtime/child.ts';
import type { Config } from '../../runtime/config.ts';
import { createSupervisor, serviceSpec, type Supervisor } from '../../runtime/supervisor.ts';
import { connect, type Connection } from '../../streams/edge/connect.ts';
import { lastOfSubject } from '../../streams/edge/stored.ts';
import { ensureBuckets, ensureStreams } from '../../streams/edge/streams.ts';
import { parseOutcome } from '../../streams/messages/outcome.ts';
import { openSource } from '../../streams/sources/open.ts';
import { SIMULATION_START_TS } from '../../streams/sources/simulator/simulator.ts';
import { OUTCOMES, streamsFor } from '../../streams/streams.ts';
import { outcomesSubject } from '../../streams/subjects.ts';
import { silentLog } from './context.ts';
import { startNatsServer } from './natsServer.ts';
import { until } from './pipeline.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAINS: Readonly<Record<string, string>> = { source: 'streams/sources/main.ts', features: 'processors/features/main.ts', inference: 'inference/main.ts', outcomes: 'processors/outcomes/main.ts' };

export interface Crew {
  readonly supervisor: Supervisor;
  /** What ended without being told to, oldest first. */
  readonly failures: Failure[];
  start(name: string, speed?: number | null): void;
  signal(name: string, signal: NodeJS.Signals): void;
  /** At once, as by kill -9. */
  end(...names: string[]): Promise<void>;
}
export interface Fleet {
  readonly config: Config;
  readonly connection: Connection;
  /** Somebody who starts and watches services; crews know nothing of each other. `once`: who ends isn't started again. */
  crew(options?: { once?: boolean }): Crew;
  /** Frames of the universe that is furthest behind which have outcomes. */
  frames(): Promise<number>;
  /** When everything is computed: the sums of each universe. */
  sums(): Promise<Readonly<Record<string, unknown>>>;
  stop(): Promise<void>;
}

export async function openFleet(symbols: number, minutes: number, universes: number): Promise<Fleet> {
  const server = await startNatsServer();
  const dataDir = mkdtempSync(join(tmpdir(), 'foretick-fleet-'));
  const config = await configOf(dataDir, server.url, { symbols, minutes, universes });
  const connection = await connect(config.nats, 'test', silentLog);
  await ensureStreams(connection, streamsFor(['sim']));
  await ensureBuckets(connection);
  const healths = followHealths(connection);
  for (const universe of config.universes) await promoteModel(connection, { ...config, universes: [universe] });
  const crews: { endAll(): Promise<void> }[] = [];
  return {
    config, connection,
    crew({ once = false } = {}) {
      const crew = createCrew(config, once);
      crews.push(crew);
      return crew;
    },
    async frames() {
      const counts = await Promise.all(config.universes.map(async ({ name }) => {
        const last = await lastOfSubject(connection, OUTCOMES, outcomesSubject(name));
        return last === null ? 0 : (parseOutcome(last.data).frameTs - SIMULATION_START_TS) / 1_000_000;
      }));
      return Math.min(...counts);
    },
    async sums() {
      await until('everything is computed', async () => (await readProgress(connection, config, healths)).computed, 600_000);
      return Object.fromEntries((await summarise(connection, config, '', {}, 0)).universes.map(({ universe, forecasts, sha256 }) => [universe, { forecasts, ...sha256 }]));
    },
    async stop() {
      await Promise.all(crews.map((crew) => crew.endAll()));
      await connection.close();
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function configOf(dataDir: string, natsUrl: string, { symbols, minutes, universes }: { symbols: number; minutes: number; universes: number }): Promise<Config> {
  const source = { kind: 'simulator', seed: 5, symbols, minutes, predictable: true } as const;
  const { instruments } = await openSource(source);
  const each = symbols / universes;
  return {
    v: 1, dataDir, nats: { url: natsUrl, credentialsFile: null }, feed: { name: 'sim', source, virtual: true, speed: null, fastUntil: null },
    universes: Array.from({ length: universes }, (_, i) => ({ name: `u${i}`, instruments: instruments.slice(i * each, (i + 1) * each), stepMs: 1_000, horizonsMs: [1_000, 5_000], leaders: instruments.slice(i * each, i * each + 1) })),
    workers: universes, training: { untilTs: null, minMinutes: 10, ungated: false }, store: { url: `sqlite:${join(dataDir, 'history.db')}` }, cache: { url: 'memory:' },
    gateway: { host: '127.0.0.1', port: 0, tokenFile: join(dataDir, 'token') },
  } as Config;
}

function createCrew(config: Config, once: boolean): Crew & { endAll(): Promise<void> } {
  const folder = mkdtempSync(join(config.dataDir, 'crew-'));
  const failures: Failure[] = [];
  const names = new Set<string>();
  const onRestart = (failure: Failure): void => {
    failures.push(failure);
    if (once) void supervisor.stop([failure.name], 0);
  };
  const supervisor = createSupervisor({ dataDir: folder, random: () => 0.5, listener: { onHealth: () => undefined, onVerdict: (failure) => void failures.push(failure), onRestart } });
  return {
    supervisor, failures,
    start(name, speed = null) {
      names.add(name);
      const configFile = join(folder, `config-${String(speed)}.json`);
      writeFileSync(configFile, JSON.stringify({ ...config, feed: { ...config.feed, speed } }));
      supervisor.start(serviceSpec(name, join(ROOT, MAINS[name] ?? 'worker/main.ts'), folder, configFile));
    },
    signal(name, signal) {
      const pid = supervisor.pid(name);
      if (pid !== null) process.kill(pid, signal);
    },
    end: (...gone) => supervisor.stop(gone, 0),
    endAll: () => supervisor.stop([...names], 0),
  };
}
