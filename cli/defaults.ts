/** Where a run keeps its data when nothing else is said: below the project's folder, wherever the command is given. */
import { join } from 'node:path';
import { ROOT } from '../infra/places.ts';

export const DEFAULT_DATA_DIR = join(ROOT, '.foretick', 'data');
