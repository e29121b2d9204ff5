/**
 * A real QuestDB 9.3.4 for tests: loopback, a free port, its own user and password, a temporary folder; stopped by its own process id.
 * Fetched with Maven into .foretick/ at the first use. Without Maven and Java the tests skip and say so; in CI that is an error.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from '../../infra/run.ts';
import { freePort } from '../../infra/ports.ts';

const VERSION = '9.3.4';
const REPOSITORY = join(import.meta.dirname, '../../.foretick/maven');
export const INSTALL_MS = 300_000;
const START_MS = 60_000;

function jars(): string[] {
  const dir = join(REPOSITORY, 'org/questdb');
  if (!existsSync(dir)) return [];
  return (readdirSync(dir, { recursive: true }) as string[]).filter((path) => path.endsWith('.jar')).map((path) => join(dir, path));
}

/** Paths of the server's jars, or null where it can't be had. */
export async function questdbJars(): Promise<string[] | null> {
  const isThere = (): boolean => jars().some((path) => path.endsWith(`questdb-${VERSION}.jar`)) && jars().some((path) => path.includes('questdb-client'));
  const java = await run('java', ['-version'], { timeoutMs: 20_000 });
  const fetched = isThere() ? null : await run('mvn', ['-q', '-B', `-Dmaven.repo.local=${REPOSITORY}`, 'dependency:get', `-Dartifact=org.questdb:questdb:${VERSION}`], { timeoutMs: INSTALL_MS });
  if (java.ok && isThere()) return jars();
  const why = java.ok ? `mvn: ${fetched?.tail.split('\n').at(-1) ?? 'nothing was fetched'}` : 'java is missing';
  if (process.env['CI']) throw new Error(`QuestDB is missing in CI (${why}): apt-get install maven openjdk-17-jre-headless`);
  console.warn(`skipped: QuestDB can't be had (${why}); it needs Java ≥ 17 and Maven`);
  return null;
}

export interface QuestServer {
  /** A store URL of a history of its own. */
  url(name: string): string;
  /** SQL over HTTP, by hand. */
  sql(query: string): Promise<{ dataset?: unknown[][]; error?: string }>;
  /** kill -9, as a crash would. */
  kill(): Promise<void>;
  /** On the same port and folder. */
  start(): Promise<void>;
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
    'line.auto.create.new.tables=false', 'line.auto.create.new.columns=false', 'telemetry.enabled=false', 'shared.worker.count=2', '',
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
    child = spawn('java', ['-Xmx768m', '-p', paths.join(delimiter), '-m', 'io.questdb/io.questdb.ServerMain', '-d', dir], { stdio: 'ignore' });
    const deadline = performance.now() + START_MS;
    while ((await sql('SELECT 1').catch(() => null)) === null) {
      if (child.exitCode !== null || performance.now() > deadline) throw new Error('QuestDB did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await start();
  return {
    url: (name) => `questdb:http://foretick:${password}@127.0.0.1:${port}/${name}`,
    sql,
    start,
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGTERM');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
