import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRotatingLog } from './rotatingLog.ts';

let dir: string;
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'foretick-log-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const contents = (): Record<string, string> => Object.fromEntries(readdirSync(dir).toSorted().map((name) => [name, readFileSync(join(dir, name), 'utf8')]));

describe('rotating log', () => {
  it('keeps the newest files and no more', () => {
    const log = openRotatingLog(join(dir, 'a.log'), { maxBytes: 10, keep: 2 });
    for (const line of ['one 1234\n', 'two 1234\n', 'three 12\n', 'four 123\n']) log.write(bytes(line));
    log.close();
    expect(contents()).toEqual({ 'a.log': 'four 123\n', 'a.log.1': 'three 12\n', 'a.log.2': 'two 1234\n' });
  });
  it('goes on where an earlier run stopped, and counts what that one wrote', () => {
    for (const line of ['one 1\n', 'two 2\n', 'three\n']) {
      const log = openRotatingLog(join(dir, 'a.log'), { maxBytes: 12, keep: 1 });
      log.write(bytes(line));
      log.close();
    }
    expect(contents()).toEqual({ 'a.log': 'three\n', 'a.log.1': 'one 1\ntwo 2\n' });
  });
  it('writes a chunk larger than the limit whole', () => {
    const log = openRotatingLog(join(dir, 'a.log'), { maxBytes: 4, keep: 1 });
    log.write(bytes('larger than four'));
    log.write(bytes('next'));
    log.close();
    expect(contents()).toEqual({ 'a.log': 'next', 'a.log.1': 'larger than four' });
  });
  it.skipIf(!existsSync('/dev/full'))('goes on when the disk is full, and says what is missing when it takes something again', () => {
    symlinkSync('/dev/full', join(dir, 'a.log'));
    const log = openRotatingLog(join(dir, 'a.log'), { maxBytes: 200, keep: 1 });
    log.write(bytes('lost 1\n'));
    log.write(bytes('lost 2\n'));
    rmSync(join(dir, 'a.log'));
    log.write(bytes('kept 1\n'));
    log.write(bytes('kept 2\n'));
    log.close();
    expect(contents()).toEqual({ 'a.log': '\n14 bytes are missing here: the disk took no more\nkept 1\nkept 2\n' });
  });
});
