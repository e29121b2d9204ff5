import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNatsServer, isAtLeast, parseVersion } from './natsTool.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'foretick tools '))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function program(folder: string, says: string): string {
  mkdirSync(join(dir, folder), { recursive: true });
  const path = join(dir, folder, 'nats-server');
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('finding nats-server', () => {
  it('compares versions by number', () => {
    expect(isAtLeast('2.14.3', '2.14.3')).toBe(true);
    expect(isAtLeast('2.14.10', '2.14.3')).toBe(true);
    expect(isAtLeast('3.0.0', '2.14.3')).toBe(true);
    expect(isAtLeast('2.9.10', '2.14.3')).toBe(false);
    expect(isAtLeast('2.14.2', '2.14.3')).toBe(false);
    expect(parseVersion('nats-server: v2.15.1')).toBe('2.15.1');
    expect(parseVersion('segmentation fault')).toBe(null);
  });
  it('takes the first suitable one, ours before the PATH', async () => {
    const onPath = program('bin', 'nats-server: v2.20.0');
    expect(await findNatsServer(dir, join(dir, 'bin'))).toEqual({ found: { path: onPath, version: '2.20.0' }, tooOld: [] });
    const ours = program('.foretick/python/bin', 'nats-server: v2.15.1');
    expect((await findNatsServer(dir, join(dir, 'bin'))).found).toEqual({ path: ours, version: '2.15.1' });
  });
  it('passes over old and broken ones, and names the old', async () => {
    const old = program('old', 'nats-server: v2.9.10');
    program('broken', 'not for this machine');
    expect(await findNatsServer(dir, ['old', 'broken', 'absent'].map((part) => join(dir, part)).join(':'))).toEqual({ found: null, tooOld: [{ path: old, version: '2.9.10' }] });
  });
});
