/**
 * Parquet and Arrow are read by libraries that trust a file's claims about itself, so a child process reads them
 * (readChild.ts): one that takes too much memory, hangs or crashes is ended, and the file refused. It may read files and
 * nothing else: no network, no writing, no programs. Rows come in bounded blocks, a few ahead of what was asked for.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { RefusedError, RetryError } from '../../../runtime/errors.ts';
import { FROM_OUTSIDE, TOO_LARGE, type WatchLimits } from '../../../runtime/watchdog.ts';
import { type PackedBlock, unpackBlock } from './block.ts';
import type { RawRow, Table } from './table.ts';

export interface ReadRequest extends WatchLimits { readonly path: string; readonly format: 'parquet' | 'file' | 'stream' }
export type FromChild =
  | { readonly kind: 'opened'; readonly format: string; readonly columns: readonly string[] }
  | { readonly kind: 'rows'; readonly block: PackedBlock; readonly done: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string };

export interface ReadLimits { readonly memoryBytes: number; readonly silenceMs: number; /** The program that reads; tests bring others. */ readonly child: string }
/** The largest row group that is read takes 3 GB and 11 s on two cores; a busy machine takes several times as long. */
export const READ_LIMITS: ReadLimits = {
  memoryBytes: Math.min(4 * 1024 ** 3, (process.constrainedMemory() || totalmem()) / 2), silenceMs: 120_000, child: join(import.meta.dirname, 'readChild.ts'),
};
const BLOCKS_AHEAD = 4;

export async function openIsolated(path: string, format: ReadRequest['format'], limits: ReadLimits = READ_LIMITS): Promise<Table> {
  const reader = startReader({ path, format, memoryBytes: limits.memoryBytes, parentPid: process.pid }, limits);
  try {
    const opened = await reader.next();
    if (opened.kind !== 'opened') throw new Error(`a reader that begins with ${opened.kind}`);
    let done = 0;
    return { format: opened.format, columns: opened.columns, unit: 'row', chunks: rowsOf(reader, opened.columns, (share) => void (done = share)), done: () => done };
  } catch (error) {
    reader.end();
    throw error;
  }
}

async function* rowsOf(reader: ReturnType<typeof startReader>, columns: readonly string[], onDone: (share: number) => void): AsyncGenerator<RawRow[]> {
  try {
    for (let i = 0; i < BLOCKS_AHEAD; i++) reader.ask();
    for (;;) {
      const message = await reader.next();
      if (message.kind !== 'rows') return;
      onDone(message.done);
      yield unpackBlock(columns, message.block);
      reader.ask();
    }
  } finally {
    reader.end();
  }
}

function startReader(request: ReadRequest, limits: ReadLimits) {
  // Detached: Ctrl-C on the terminal is for this process; the child ends with it.
  const child = fork(limits.child, [JSON.stringify(request)], {
    serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: {}, detached: true,
    execArgv: ['--permission', '--allow-fs-read=*', '--allow-worker', `--max-old-space-size=${Math.ceil(limits.memoryBytes / 1024 ** 2)}`],
  });
  const messages: FromChild[] = [];
  let ended: Error | null = null;
  let silent = false;
  let wake = Promise.withResolvers<void>();
  child.on('message', (message) => {
    messages.push(message as FromChild);
    wake.resolve();
  });
  const end = (error: Error): void => {
    ended ??= error;
    wake.resolve();
  };
  child.once('error', end);
  child.once('exit', (code, signal) => end(whyItEnded(request, limits, silent, code, signal)));
  return {
    ask: (): void => void (child.connected && child.send('more', () => undefined)),
    /** Throws RefusedError where the file is to blame; RetryError when somebody ended the child. */
    async next(): Promise<FromChild> {
      const timer = setTimeout(() => {
        silent = true;
        child.kill('SIGKILL');
      }, limits.silenceMs);
      while (messages.length === 0 && ended === null) {
        wake = Promise.withResolvers();
        await wake.promise;
      }
      clearTimeout(timer);
      const message = messages.shift();
      if (message === undefined) throw ended!;
      if (message.kind === 'refused') throw new RefusedError(message.message, message.hint);
      return message;
    },
    end: (): void => endChild(child),
  };
}

function endChild(child: ChildProcess): void {
  child.removeAllListeners();
  child.kill('SIGKILL');
}

function whyItEnded({ path }: ReadRequest, limits: ReadLimits, silent: boolean, code: number | null, signal: NodeJS.Signals | null): Error {
  const refused = (why: string): RefusedError => new RefusedError(
    `${path}: ${why}`, 'It is damaged or made to harm, or its row groups are too large: write it again with smaller ones, or as CSV. What was read before stays imported.',
  );
  if (silent) return refused(`nothing more could be read from it within ${limits.silenceMs / 1_000} seconds`);
  if (signal !== null && FROM_OUTSIDE.has(signal)) return new RetryError(`the process that read ${path} was ended by ${signal}; importing it again is safe`);
  if (signal === TOO_LARGE) return refused(`reading it took more than ${Math.round(limits.memoryBytes / 1024 ** 2)} MB of memory`);
  return refused(`reading it crashed the process that tried it (${signal ?? `exit code ${code}`})`);
}
