import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { findLightgbm } from './lightgbmLibrary.ts';
import { lightgbmPath } from './lightgbmPath.ts';

it.each([['darwin', 'lib_lightgbm.dylib'], ['linux', 'lib_lightgbm.so']] as const)('on %s the trainer finds what was installed: %s', (platform, name) => {
  const root = mkdtempSync(join(tmpdir(), 'foretick-lightgbm-'));
  try {
    expect(findLightgbm(root, platform)).toBeNull();
    const path = lightgbmPath(root, platform);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(join(dirname(path), name), '');
    expect(findLightgbm(root, platform)).toBe(path);
  } finally {
    rmSync(root, { recursive: true });
  }
});
