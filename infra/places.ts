/** Where things that foretick installs for itself live, below the project's folder. */
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');
export const toolsDir = (root: string): string => join(root, '.foretick');
export const pythonDir = (root: string): string => join(toolsDir(root), 'python');
