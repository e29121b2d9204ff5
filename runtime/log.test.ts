import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const SERVICE = `
import { createLog } from '${join(import.meta.dirname, 'log.ts')}';
const log = createLog('some');
process.stdin.once('data', () => {
  log.info('its supervisor is gone');
  log.info('so it leaves');
  process.exit(7);
});
console.error('up');
setTimeout(() => undefined, 60_000);`;

it('does not hold up a service that leaves when nobody reads its log any more', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', SERVICE], { stdio: ['pipe', 'pipe', 'pipe'] });
  try {
    await once(child.stderr, 'data');
    child.stdout.destroy();
    child.stdin.write('leave');
    const late = new Promise((resolve) => setTimeout(() => resolve('still there'), 10_000).unref());
    expect(await Promise.race([once(child, 'exit').then(([code]) => code as number), late])).toBe(7);
  } finally {
    child.kill('SIGKILL');
  }
}, 30_000);
