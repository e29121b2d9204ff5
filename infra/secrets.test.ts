import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dataSecrets, writePrivate } from './secrets.ts';

const dir = mkdtempSync(join(tmpdir(), 'foretick-secrets-'));

describe('secrets', () => {
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('are written whole or not at all: a kill on the way must not leave an empty key, or an empty token', () => {
    const path = join(dir, 'some', 'token');
    writePrivate(path, 'first');
    const before = statSync(path).ino;
    writePrivate(path, 'second');
    expect(statSync(path).ino, 'the file was emptied and filled, where another must take its place').not.toBe(before);
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777, readdirSync(join(dir, 'some'))]).toEqual(['second', 0o600, ['token']]);
  });

  it('stay as they are from start to start', () => {
    const first = dataSecrets(dir);
    expect(dataSecrets(dir)).toEqual(first);
  });
});
