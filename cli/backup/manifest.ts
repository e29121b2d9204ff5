/**
 * manifest.json of a backup: what it holds, with the sum of each file, and a sum of itself. It is written last, so where it
 * stands the backup is whole.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CorruptError, RefusedError } from '../../runtime/errors.ts';
import { parseWith } from '../../streams/parse.ts';
import { sumOf, writeSummed } from './files.ts';

const unread = z.record(z.string(), z.unknown());
const part = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stream'), name: z.string(), config: unread, state: unread }),
  z.object({ kind: z.literal('object'), bucket: z.string(), name: z.string() }),
  z.object({ kind: z.literal('aliases') }),
  z.object({ kind: z.literal('history') }),
  z.object({ kind: z.literal('config') }),
]);
const schema = z.object({
  v: z.literal(1),
  foretick: z.string(),
  madeAt: z.string(),
  /** What isn't in it, and why; for people. */
  leftOut: z.array(z.string()),
  files: z.array(z.object({ path: z.string().regex(/^(?!.*\.\.)[\w%.-]+(\/[\w%.-]+)*$/, 'a path within the backup'), bytes: z.int().nonnegative(), sha256: z.string(), part })),
});
export type Manifest = z.infer<typeof schema>;
export type Entry = Manifest['files'][number];
export type Part = Entry['part'];

const NAME = 'manifest.json';
const seal = (manifest: unknown): string => createHash('sha256').update(JSON.stringify(manifest)).digest('hex');

export const writeManifest = async (dir: string, manifest: Manifest): Promise<void> =>
  void (await writeSummed(join(dir, NAME), (write) => write(new TextEncoder().encode(`${JSON.stringify({ manifest, sha256: seal(manifest) }, null, 1)}\n`))));

/** Reads it and compares every file with its sum. Throws RefusedError for what is no whole backup, CorruptError for a damaged one. */
export function readBackup(dir: string): Manifest {
  const path = join(dir, NAME);
  if (!existsSync(path)) throw new RefusedError(`${dir} holds no whole backup: ${NAME} is missing, which is written last`, 'Name the folder that ./foretick backup filled to its end.');
  const damaged = (what: string): CorruptError => new CorruptError(`${join(dir, what)} is damaged: it is not what was backed up`, 'Use another backup. Nothing was restored.');
  let sealed: { manifest?: unknown; sha256?: unknown };
  try {
    sealed = JSON.parse(readFileSync(path, 'utf8')) as typeof sealed;
  } catch {
    throw damaged(NAME);
  }
  if (seal(sealed.manifest) !== sealed.sha256) throw damaged(NAME);
  const manifest = parseWith(schema, sealed.manifest, path);
  for (const file of manifest.files) {
    if (!existsSync(join(dir, file.path))) throw new CorruptError(`${join(dir, file.path)} is missing from the backup`, 'Use another backup. Nothing was restored.');
    const { bytes, sha256 } = sumOf(join(dir, file.path));
    if (bytes !== file.bytes || sha256 !== file.sha256) throw damaged(file.path);
  }
  return manifest;
}
