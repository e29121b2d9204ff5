/** Where `foretick up` puts the LightGBM library, and the trainer finds it. Without imports of its own: who installs it has no library to load yet. */
import { join } from 'node:path';

export const lightgbmPath = (root: string, platform = process.platform): string =>
  join(root, '.foretick', 'python', 'lightgbm', 'lib', platform === 'darwin' ? 'lib_lightgbm.dylib' : 'lib_lightgbm.so');
