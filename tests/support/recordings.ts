/** The real recordings, beside the project. Absent on a user's machine: tests of them skip and say so; in CI that is an error. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const DATA = join(import.meta.dirname, '../../../shared/data');

export function recording(name: string): string | null {
  const path = join(DATA, name);
  if (existsSync(path)) return path;
  if (process.env['CI']) throw new Error(`${path} is missing in CI`);
  console.warn(`skipped: the recording ${name} is not at ${path}`);
  return null;
}
