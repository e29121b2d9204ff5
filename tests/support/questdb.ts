/**
 * A real QuestDB 9.3.4 for tests: loopback, a free port, its own user and password, a temporary folder; stopped by its own process id.
 * Without Java and its jars the tests skip and say so; in CI that is an error.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findQuestdb, javaProblem } from '../../infra/questdbTool.ts';
import { freePort } from '../../infra/ports.ts';
import { pause } from './pause.ts';

export const INSTALL_MS = 300_000;
const START_MS = 60_000;

/** Paths of the server's jars, or null where it can't be had. */
export async function questdbJars(): Promise<string[] | null> {
  const jars = findQuestdb(join(import.meta.dirname, '../..'));
  const problem = jars === null ? 'its jars are missing' : await javaProblem();
  if (problem === null) return jars;
  if (process.env['CI']) throw new Error(`QuestDB is missing in CI (${problem}): ./foretick test installs it`);
  console.warn(`skipped: QuestDB can't be had (${problem}); ./foretick test installs it`);
  return null;
}

export interface QuestServer {
  readonly port: number;
  /** A store URL of a history of its own. */
  url(name: string): string;
  /** SQL over HTTP, by hand. */
  sql(query: string): Promise<{ dataset?: unknown[][]; error?: string }>;
  /** kill -9, as a crash would. */
  kill(): Promise<void>;
  /** On the same port and folder. */
  start(): Promise<void>;
  /** SIGSTOP: it takes connections and bytes, and answers nothing. */
  pause(): Promise<void>;
  resume(): void;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

export async function startQuestServer(paths: readonly string[]): Promise<QuestServer> {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-questdb-'));
  const port = await freePort();
  const password = randomBytes(12).toString('hex');
  mkdirSync(join(dir, 'conf'));
  writeFileSync(join(dir, 'conf/server.conf'), [
    `http.bind.to=127.0.0.1:${port}`, 'http.user=foretick', `http.password=${password}`, 'http.min.enabled=false', 'pg.enabled=false', 'line.tcp.enabled=false',
    'line.auto.create.new.tables=false', 'line.auto.create.new.columns=false', 'telemetry.enabled=false', 'dev.mode.enabled=true', 'shared.worker.count=2', '',
  ].join('\n'), { mode: 0o600 });
  const headers = { authorization: `Basic ${Buffer.from(`foretick:${password}`).toString('base64')}` };
  const sql: QuestServer['sql'] = async (query) => (await (await fetch(`http://127.0.0.1:${port}/exec?query=${encodeURIComponent(query)}`, { headers })).json()) as { dataset?: unknown[][] };
  let child: ChildProcess;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const start = async (): Promise<void> => {
    // Its native library is unpacked at each start, and left behind by a kill.
    child = spawn('java', ['-Xmx768m', `-Djava.io.tmpdir=${dir}`, '-p', paths.join(delimiter), '-m', 'io.questdb/io.questdb.ServerMain', '-d', dir], { stdio: ['ignore', 'pipe', 'pipe'] });
    let tail = '';
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk: Buffer) => (tail = (tail + String(chunk)).slice(-4_000)));
    const deadline = performance.now() + START_MS;
    while ((await sql('SELECT 1').catch(() => null)) === null) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error(`QuestDB did not start (exit code ${child.exitCode}): ${tail}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await start();
  return {
    port,
    url: (name) => `questdb:http://foretick:${password}@127.0.0.1:${port}/${name}`,
    sql,
    start,
    kill: () => end('SIGKILL'),
    pause: () => pause(child.pid!),
    resume: () => void child.kill('SIGCONT'),
    stop: async () => {
      child.kill('SIGCONT');
      await end('SIGTERM');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
