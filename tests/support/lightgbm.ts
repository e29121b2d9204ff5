/** The LightGBM library for tests. Where it isn't installed they skip and say so; in CI that is an error. */
import { join } from 'node:path';
import { findLightgbm } from '../../trainer/models/lightgbmLibrary.ts';

export function lightgbmLibrary(): string | null {
  const path = findLightgbm(join(import.meta.dirname, '../..'));
  if (path === null && process.env['CI']) throw new Error('LightGBM is missing in CI: ./foretick test installs it');
  if (path === null) console.warn('skipped: LightGBM is not installed; `./foretick doctor` says how');
  return path;
}
