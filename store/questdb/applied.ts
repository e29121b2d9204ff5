/**
 * Read-your-writes. A WAL table takes a transaction at once, durably, and applies it a moment later; until then no query sees it. Its
 * `writerTxn` (applied) reaching the `sequencerTxn` (taken) is that moment.
 *
 * 1. Who reads waits, and not who writes: a read first waits until its tables have applied what they had taken. So a write is as quick as
 *    taking it, and whoever sees a cursor, which is taken after its rows, sees those rows.
 * 2. The writer looks now and then, and waits for a table that lags too far: the server's backlog is bounded.
 * 3. A suspended table goes on taking and never applies. That is said by reads and writes alike, and the writer asks the server to
 *    resume it: when the reason is gone (space on the disk, most often) what was taken is applied, and all goes on by itself.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryError } from '../../runtime/errors.ts';
import type { StoreWatch } from '../history.ts';
import { type Exec, literal } from './exec.ts';

const LIMIT_MS = 30_000;
const FIRST_POLL_MS = 1;
const SLOWEST_POLL_MS = 50;
/** Transactions taken and not applied, before a writer waits: some seconds of the recorder's batches. */
const MAX_BEHIND = 100;

interface WalState { readonly name: string; readonly taken: number; readonly behind: number; readonly suspended: boolean; readonly why: string }

/** Resolves when everything that the tables had taken before the call can be read. Throws RetryError. */
export async function applied(exec: Exec, label: string, tables: readonly string[]): Promise<void> {
  let targets: Map<string, number> | null = null;
  let waitedMs = 0;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, SLOWEST_POLL_MS)) {
    const states = await walStates(exec, tables);
    const suspended = states.find((state) => state.suspended);
    if (suspended !== undefined) throw suspendedError(label, suspended);
    targets ??= new Map(states.map(({ name, taken }) => [name, taken]));
    const late = states.filter(({ name, taken, behind }) => taken - behind < targets!.get(name)!);
    if (late.length === 0) return;
    if (waitedMs > LIMIT_MS) {
      throw new RetryError(`${label} takes rows of ${late.map(({ name }) => name).join(', ')} but has not applied them for ${LIMIT_MS / 1_000} s`, 'It is tried again. If this stays, look into the log of the server: its disk or its workers can\'t keep up.');
    }
    await sleep(pollMs);
    waitedMs += pollMs;
  }
}

/** For a writer: reports, waits for what lags, and throws RetryError while a table is suspended, having asked for its resumption. */
export async function readyForMore(exec: Exec, label: string, tables: readonly string[], watch: StoreWatch): Promise<void> {
  const states = await walStates(exec, tables);
  const suspended = states.filter((state) => state.suspended);
  watch.suspended(suspended.length);
  watch.behind(states.reduce((max, { behind }) => Math.max(max, behind), 0));
  for (const { name } of suspended) await exec.run(`ALTER TABLE "${name}" RESUME WAL`);
  if (suspended.length > 0) throw suspendedError(label, suspended[0]!);
  const late = states.filter(({ behind }) => behind > MAX_BEHIND).map(({ name }) => name);
  if (late.length > 0) await applied(exec, label, late);
}

async function walStates(exec: Exec, tables: readonly string[]): Promise<WalState[]> {
  if (tables.length === 0) return [];
  const rows = await exec.tuples(`SELECT name, suspended, writerTxn, sequencerTxn, errorMessage FROM wal_tables() WHERE name IN (${tables.map(literal).join(', ')})`);
  return rows.map(([name, suspended, done, taken, why]) => ({ name: String(name), suspended: suspended === true, taken: Number(taken), behind: Number(taken) - Number(done), why: String(why ?? '') }));
}

const suspendedError = (label: string, { name, why }: WalState): RetryError => new RetryError(
  `${label}: table ${name} is suspended, it takes rows and doesn't apply them${why === '' ? '' : ` (${why})`}`,
  `Mend the reason (a full disk, most often). The recorder asks the server to resume it with each try; by hand: ALTER TABLE "${name}" RESUME WAL.`,
);
