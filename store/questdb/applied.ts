/**
 * Read-your-writes. A WAL table takes a transaction at once and applies it a moment later; until then no query sees it. Its `writerTxn`
 * (applied) reaching the `sequencerTxn` (taken) is that moment. A suspended table goes on taking and never applies: that is said.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryError } from '../../runtime/errors.ts';
import { type Exec, literal } from './exec.ts';

const LIMIT_MS = 30_000;
const FIRST_POLL_MS = 1;
const SLOWEST_POLL_MS = 50;

/** Resolves when everything that the tables had taken before the call can be read. Throws RetryError. */
export async function applied(exec: Exec, label: string, tables: readonly string[]): Promise<void> {
  if (tables.length === 0) return;
  const sql = `SELECT name, suspended, writerTxn, sequencerTxn, errorMessage FROM wal_tables() WHERE name IN (${tables.map(literal).join(', ')})`;
  let targets: Map<string, number> | null = null;
  let waitedMs = 0;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, SLOWEST_POLL_MS)) {
    const states = await exec.rows(sql);
    const suspended = states.find((state) => state['suspended'] === true);
    if (suspended !== undefined) throw suspendedError(label, String(suspended['name']), String(suspended['errorMessage'] ?? ''));
    targets ??= new Map(states.map((state) => [String(state['name']), Number(state['sequencerTxn'])]));
    const behind = states.filter((state) => Number(state['writerTxn']) < targets!.get(String(state['name']))!);
    if (behind.length === 0) return;
    if (waitedMs > LIMIT_MS) {
      throw new RetryError(`${label} takes rows of ${behind.map((state) => state['name']).join(', ')} but has not applied them for ${LIMIT_MS / 1_000} s`, 'It is tried again. If this stays, look into the log of the server: its disk or its workers can\'t keep up.');
    }
    await sleep(pollMs);
    waitedMs += pollMs;
  }
}

const suspendedError = (label: string, table: string, why: string): RetryError => new RetryError(
  `${label}: table ${table} is suspended, it takes rows and doesn't apply them${why === '' ? '' : ` (${why})`}`,
  `Mend the reason (a full disk, most often), then run: ALTER TABLE "${table}" RESUME WAL. Writing then goes on by itself.`,
);
