/**
 * One supervisor a data folder. The lock is the operating system's own (an exclusive transaction on a SQLite file, held
 * open), so it ends with the process that holds it, however that process ends: it can't go stale.
 * Who holds it stands in a file beside it, only to name it in the message.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, RefusedError } from './errors.ts';

export interface DataLock {
  /** Told to whoever finds the folder locked. */
  announce(address: string): void;
  release(): void;
}
interface Holder { readonly pid: number; readonly address: string }

/** Kept reachable: a database that is collected is closed, and its lock is gone with it. */
const held = new Set<DatabaseSync>();

/** Throws RefusedError, naming the holder, when another process has it. */
export function lockDataFolder(dataDir: string, pid: number): DataLock {
  const holderPath = join(dataDir, 'lock.holder.json');
  let database: DatabaseSync;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(join(dataDir, 'lock.sqlite'));
  } catch (error) {
    throw new RefusedError(`${dataDir}: cannot be written (${messageOf(error)})`, 'Choose another folder with --data DIR.', { cause: error });
  }
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!/locked/.test(messageOf(error))) throw new RefusedError(`${dataDir}: cannot be locked (${messageOf(error)})`, 'Choose a folder on a local disk with --data DIR.', { cause: error });
    throw new RefusedError(`${dataDir} is in use${describeHolder(holderPath)}`, 'Open that address, stop that one with Ctrl-C, or start a second one with --data DIR --port N.');
  }
  const announce = (address: string): void => writeFileSync(holderPath, JSON.stringify({ pid, address } satisfies Holder), { mode: 0o600 });
  announce('');
  held.add(database);
  return {
    announce,
    release(): void {
      held.delete(database);
      database.close();
    },
  };
}

function describeHolder(path: string): string {
  try {
    const { pid, address } = JSON.parse(readFileSync(path, 'utf8')) as Holder;
    return ` by process ${pid}${address === '' ? '' : `, which serves ${address}`}`;
  } catch {
    return ' by another process';
  }
}
