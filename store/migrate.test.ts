/** `foretick store migrate` as a process: into QuestDB and back, killed with -9 on each way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../tests/support/pipeline.ts';
import { INSTALL_MS, questdbJars, type QuestServer, startQuestServer } from '../tests/support/questdb.ts';
import { digestHistory } from './digest.ts';
import { migrationMark } from './migrationMark.ts';
import type { StoreBatch } from './history.ts';
import { openReader, openStore, sqlitePath } from './open.ts';

const MAIN = join(import.meta.dirname, '../cli/main.ts');
const T0 = 1_721_347_200_000_000;
const FEED_ROWS = 120_000;
const dir = mkdtempSync(join(tmpdir(), 'foretick-migrate-'));
const file = (name: string): string => `sqlite:${join(dir, name)}`;
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Report { readonly ok: boolean; readonly rows: number; readonly different: string[] }
const start = (from: string, to: string): ChildProcess => spawn(process.execPath, [MAIN, 'store', 'migrate', '--from', from, '--to', to, '--json'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } });

async function finish(child: ChildProcess): Promise<{ code: number | null; report: Report | null; stderr: string }> {
  let out = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => (out += String(chunk)));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, report: out === '' ? null : (JSON.parse(out) as Report), stderr };
}

/** kill -9 as soon as some of the feed has arrived. */
async function killed(from: string, to: string): Promise<void> {
  const child = start(from, to);
  const ended = once(child, 'close');
  const arrived = async (): Promise<number> => {
    try {
      const reader = openReader(to);
      return await reader.cursor(migrationMark(from, 'feed main')).finally(() => reader.close());
    } catch {
      return 0; // not there yet
    }
  };
  await until('the first rows', async () => (await arrived()) > 0);
  child.kill('SIGKILL');
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(await arrived()).toBeLessThan(FEED_ROWS);
}

async function digest(url: string) {
  const reader = openReader(url);
  return digestHistory(reader).finally(() => reader.close());
}

async function fill(url: string, feedRows: number): Promise<void> {
  const store = openStore(url);
  const body = (seq: number): Uint8Array => (seq % 1_000 === 0 ? Uint8Array.of(0, 255, seq % 256) : new TextEncoder().encode(`{"seq":${seq}}`));
  await store.write({ cursors: { 'TICKS-main': feedRows, PREDICTIONS: 3 }, feed: { name: 'main', rows: Array.from({ length: feedRows }, (_, i) => ({ seq: i + 1, subject: 'ticks.main.v.A', tsInit: T0 + i * 100, body: body(i + 1) })) } });
  const key = (i: number) => ({ universe: 'main', instrument: `v.S${i % 3}`, horizonMs: 1_000, role: 'champion', model: 'm' });
  const ts = (i: number): number => T0 + Math.floor(i / 3) * 1_000_000;
  const numbers = Array.from({ length: 6_000 }, (_, i) => i);
  await store.write({
    cursors: {}, feed: { name: 'import:v:A', rows: [{ seq: T0, subject: 'ticks.import:v:A.v.A', tsInit: T0, body: body(1) }] },
    bars: numbers.map((i) => ({ instrument: `v.S${i % 3}`, intervalMs: i % 2 === 0 ? 1_000 : 60_000, ts: ts(i), open: 1 / (i + 1), high: 2, low: 0.1, close: Math.PI * i, volume: i, trades: i })),
    predictions: numbers.map((i) => ({ ...key(i), frameTs: ts(i), late: i % 7 === 0, refPrice: i % 5 === 0 ? null : 0.1 + i, retBps: Math.sin(i), loBps: -1e-9, hiBps: 1e21, pUp: null })),
    outcomes: numbers.map((i) => ({ ...key(i), predictedTs: ts(i + 3_000), realisedBps: i % 11 === 0 ? null : Math.cos(i) })),
    models: [1, 2].map((i) => ({ v: 1 as const, universe: 'main', kind: 'promoted' as const, model: `m${i}`, sha256: 'a'.repeat(64), fromFrame: T0, who: 'w', why: 'y', evidence: {}, at: T0 - i })),
  });
  await store.close();
}

test('into a history that holds something else: refused, and nothing is changed', async () => {
  await fill(file('one.db'), 10);
  const store = openStore(file('other.db'));
  await store.write({ cursors: { 'TICKS-main': 7 } });
  await store.close();
  const before = await digest(file('other.db'));
  const { code, stderr, report } = await finish(start(file('one.db'), file('other.db')));
  expect({ code, report, stderr }).toMatchObject({ code: 2, report: null, stderr: expect.stringContaining('holds a history already') });
  expect(await digest(file('other.db'))).toEqual(before);
}, 60_000);

const ticks = (feed: string, ...bodies: readonly number[]): StoreBatch => ({ cursors: {}, feed: { name: feed, rows: bodies.map((body, i) => ({ seq: i + 1, subject: `clock.${feed}`, tsInit: T0, body: Uint8Array.of(body) })) } });
const forecast = (retBps: number): StoreBatch => ({ cursors: {}, predictions: [{ universe: 'main', instrument: 'v.A', horizonMs: 1_000, frameTs: T0, role: 'champion', model: 'm', late: false, refPrice: 1, retBps, loBps: -1, hiBps: 1, pUp: null }] });
test.each<readonly [string, string, readonly StoreBatch[]]>([
  ['another tick', 'feed main differ', [ticks('main', 1, 3, 4), forecast(1)]],
  ['another feed', 'feed main is missing', [ticks('side', 1, 2), forecast(1)]],
  ['another forecast', 'predictions differ', [ticks('main', 1, 2), forecast(2)]],
])('another source at the same place: %s. Refused, and nothing is changed', async (name, words, other) => {
  const [from, to] = [file(`${name}.db`), file(`${name} target.db`)];
  const write = async (batches: readonly StoreBatch[]): Promise<void> => {
    const store = openStore(from);
    for (const batch of batches) await store.write(batch);
    await store.close();
  };
  await write([ticks('main', 1, 2), forecast(1)]);
  expect(await finish(start(from, to))).toMatchObject({ code: 0 });
  const before = await digest(to);
  rmSync(sqlitePath(from));
  await write(other);
  const { code, stderr } = await finish(start(from, to));
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(words) });
  expect(await digest(to)).toEqual(before);
}, 60_000);

test('a password that is changed in between changes no mark', () => {
  expect(migrationMark('questdb:http://a:b@host:9000/x', 'bars')).toBe(migrationMark('questdb:http://c:d%40@host:9000/x', 'bars'));
  expect(migrationMark('questdb:http://a:b@host:9000/x', 'bars')).not.toBe(migrationMark('questdb:http://a:b@host:9000/y', 'bars'));
});

test('rows that appear in the target meanwhile are told by the sums: exit code 4', async () => {
  await fill(file('source.db'), 10);
  expect(await finish(start(file('source.db'), file('target.db')))).toMatchObject({ code: 0, report: { ok: true, different: [] } });
  const store = openStore(file('target.db'));
  await store.write({ cursors: {}, feed: { name: 'main', rows: [{ seq: 11, subject: 'clock.main', tsInit: T0 * 2, body: Uint8Array.of(1) }] } });
  await store.close();
  expect(await finish(start(file('source.db'), file('target.db')))).toMatchObject({ code: 4, report: { ok: false, rows: 2, different: ['feeds'] } });
}, 60_000);

const jars = await questdbJars();
describe.skipIf(jars === null)('SQLite and QuestDB', () => {
  let server: QuestServer;
  beforeAll(async () => {
    server = await startQuestServer(jars!);
  }, INSTALL_MS);
  afterAll(() => server.stop());

  test('there and back, killed with -9 on each way: the next run goes on, and all sums are equal', async () => {
    const [from, quest, back] = [file('from.db'), server.url('moved'), file('back.db')];
    await fill(from, FEED_ROWS);
    const all = FEED_ROWS + 1 + 3 * 6_000 + 2;
    for (const [source, target] of [[from, quest], [quest, back]] as const) {
      await killed(source, target);
      const { code, report, stderr } = await finish(start(source, target));
      expect({ code, report }, stderr).toMatchObject({ code: 0, report: { ok: true, different: [] } });
      expect(report!.rows).toBeLessThan(all);
    }
    const sums = await digest(from);
    expect(await digest(quest)).toEqual(sums);
    expect(await digest(back)).toEqual(sums);
  }, 180_000);
});
