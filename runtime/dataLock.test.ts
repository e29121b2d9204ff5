import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataFolder } from './dataLock.ts';
import { RefusedError } from './errors.ts';

let dir: string;
const children: ChildProcess[] = [];
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'foretick-lock-'))));
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

async function holder(address: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--expose-gc', join(import.meta.dirname, 'fakeHolder.ts'), dir, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}
const refusal = (): RefusedError => {
  try {
    lockDataFolder(dir, process.pid).release();
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

describe('data folder lock', () => {
  it('refuses a second process and names the one that has it', async () => {
    const child = await holder('http://127.0.0.1:1234');
    const { message, exitCode } = refusal();
    expect(message).toBe(`${dir} is in use by process ${child.pid}, which serves http://127.0.0.1:1234`);
    expect(exitCode).toBe(2);
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  it('ends with its holder, however that one ends', async () => {
    const child = await holder('');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = lockDataFolder(dir, process.pid);
    expect(() => refusal()).not.toThrow();
    lock.release();
    lockDataFolder(dir, process.pid).release();
  });
  it('makes a folder that is not there, and refuses a path that is a file', () => {
    lockDataFolder(join(dir, 'a/b'), process.pid).release();
    writeFileSync(join(dir, 'file'), '');
    expect(() => lockDataFolder(join(dir, 'file'), process.pid)).toThrow(RefusedError);
  });
});
