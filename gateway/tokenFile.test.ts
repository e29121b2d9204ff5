import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RefusedError } from '../runtime/errors.ts';
import { readToken } from './tokenFile.ts';

test('a token is read without its line end; anything weaker is refused without being shown', () => {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-token-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const path = join(dir, 'token');
  expect(() => readToken(path)).toThrow(RefusedError);
  writeFileSync(path, '0123456789abcdef\n');
  expect(readToken(path)).toBe('0123456789abcdef');
  for (const weak of ['', '\n', 'short', 'with a space in the token']) {
    writeFileSync(path, weak);
    expect(() => readToken(path)).toThrow(/not a token of at least 16 printable characters/);
  }
});
