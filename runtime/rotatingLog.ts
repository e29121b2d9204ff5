/**
 * A log file of bounded size: at `maxBytes` it becomes `<path>.1`, that one `<path>.2`, and so on; the oldest is deleted.
 * Writes are synchronous appends, so nothing waits in memory and a line is in the file when `write` returns.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export interface RotatingLogOptions { readonly maxBytes: number; /** Old files kept beside the current one. */ readonly keep: number }
export interface RotatingLog { write(chunk: Uint8Array): void; close(): void }

export const SERVICE_LOG: RotatingLogOptions = { maxBytes: 10_000_000, keep: 2 };

export function openRotatingLog(path: string, { maxBytes, keep }: RotatingLogOptions): RotatingLog {
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  const rotate = (): void => {
    closeSync(file);
    rmSync(`${path}.${keep}`, { force: true });
    for (let i = keep - 1; i >= 1; i--) if (existsSync(`${path}.${i}`)) renameSync(`${path}.${i}`, `${path}.${i + 1}`);
    if (keep > 0) renameSync(path, `${path}.1`);
    file = openSync(path, 'w', 0o600);
    size = 0;
  };
  return {
    write(chunk) {
      if (size > 0 && size + chunk.length > maxBytes) rotate();
      writeSync(file, chunk);
      size += chunk.length;
    },
    close: () => closeSync(file),
  };
}
