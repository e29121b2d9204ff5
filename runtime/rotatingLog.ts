/**
 * A log file of bounded size: at `maxBytes` it becomes `<path>.1`, that one `<path>.2`, and so on; the oldest is deleted.
 * Writes are synchronous appends, so nothing waits in memory and a line is in the file when `write` returns.
 * What the disk refuses is left out, and the log says so when it takes something again: a full disk must not end who writes it.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RotatingLogOptions { readonly maxBytes: number; /** Old files kept beside the current one. */ readonly keep: number }
export interface RotatingLog { write(chunk: Uint8Array): void; close(): void }

export const SERVICE_LOG: RotatingLogOptions = { maxBytes: 10_000_000, keep: 2 };

export function openRotatingLog(path: string, { maxBytes, keep }: RotatingLogOptions): RotatingLog {
  mkdirSync(dirname(path), { recursive: true });
  let file: number | null = null;
  let size = 0;
  let missing = 0;
  const open = (): number => {
    file = openSync(path, 'a', 0o600);
    size = fstatSync(file).size;
    return file;
  };
  const close = (): void => {
    const before = file;
    file = null;
    if (before !== null) closeSync(before);
  };
  const rotate = (): void => {
    close();
    rmSync(`${path}.${keep}`, { force: true });
    for (let i = keep - 1; i >= 1; i--) if (existsSync(`${path}.${i}`)) renameSync(`${path}.${i}`, `${path}.${i + 1}`);
    if (keep === 0) rmSync(path, { force: true });
    else if (existsSync(path)) renameSync(path, `${path}.1`);
  };
  const append = (chunk: Uint8Array): void => {
    if (size > 0 && size + chunk.length > maxBytes) rotate();
    const to = file ?? open();
    for (let done = 0; done < chunk.length; ) {
      const bytes = writeSync(to, chunk, done);
      done += bytes;
      size += bytes;
    }
  };
  open();
  return {
    write(chunk) {
      try {
        if (missing > 0) {
          close(); // what refused may be mounted anew by now
          append(Buffer.from(`\n${missing} bytes are missing here: the disk took no more\n`));
          missing = 0;
        }
        append(chunk);
      } catch {
        missing += chunk.length;
      }
    },
    close,
  };
}
