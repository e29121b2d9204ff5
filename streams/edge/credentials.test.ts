import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefusedError } from '../../runtime/errors.ts';
import { authOptions, newSeed } from './credentials.ts';

describe('a file of credentials', () => {
  let path: string;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'foretick-credentials-'));
    path = join(folder, 'features.json');
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (text: string) => {
    writeFileSync(path, text);
    return authOptions(path, 'features');
  };

  it('of JSON or a seed is read', () => {
    expect(read('{"user":"u","pass":"p"}')).toEqual({ user: 'u', pass: 'p' });
    expect(read(`${newSeed()}\n`)).toHaveProperty('authenticator');
  });

  it.each(['{"user":"u","pass":"hunter2hunter2', '{"user":"u","pass":"hunter2"}}', '{"user":"u","pass":{"hunter2":1}}', '{"user":"hunter2"}', '{"user":"u","pass":"hunter2",}'])('that is damaged is refused without quoting it: %s', (text) => {
    expect(() => read(text)).toThrow(RefusedError);
    expect(() => read(text)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter') }));
  });

  it.each(['', 'S', 'SUA', '-----BEGIN NATS USER JWT-----', '\u0000', '['])('that is %j is refused', (text) => {
    expect(() => read(text)).toThrow(RefusedError);
  });
});
