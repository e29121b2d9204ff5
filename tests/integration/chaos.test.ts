/** The short form of `foretick chaos`: named crash points and random moments, seeded. A thousand kills are a command away. */
import { describe, expect, it } from 'vitest';
import { chaos, run } from '../../cli/chaos/chaos.ts';
import { CRASH_POINTS } from '../../runtime/crashPoint.ts';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsServerPath } from '../support/natsServer.ts';
import { recording } from '../support/recordings.ts';

const path = recording('binance-usdm');
const ROOT = join(import.meta.dirname, '../..');

describe('crash points', () => {
  it('are all in the code, each in the service that it names', () => {
    const folders = { source: 'streams/sources', features: 'processors/features', inference: 'inference', outcomes: 'processors/outcomes', recorder: 'processors/recorder', latest: 'processors/latest', trainer: 'trainer' };
    const adapters = ['sqlite', 'questdb'].map((kind) => readFileSync(join(ROOT, `store/${kind}/write.ts`), 'utf8'));
    for (const [service, points] of Object.entries(CRASH_POINTS)) {
      const folder = join(ROOT, folders[service as keyof typeof folders]);
      const text = readdirSync(folder).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
      // The points around a snapshot stand in the keeper that those services share.
      const keeper = readFileSync(join(ROOT, 'streams/edge/snapshotKeeper.ts'), 'utf8');
      for (const point of points) {
        // Between rows and cursor: the recorder's store is there, whichever it is.
        if (point === 'recorder.cursor.before') {
          for (const adapter of adapters) expect(adapter, point).toContain(`crashPoint('${point}')`);
          continue;
        }
        const when = new RegExp(`^${service}\\.(snapshot\\..*)$`).exec(point)?.[1];
        const shared = when !== undefined && text.includes(`createSnapshotKeeper(objects, '${service}'`);
        expect(shared ? keeper : text, point).toContain(shared ? `crashPoint(\`\${service}.${when}\`)` : `crashPoint('${point}')`);
      }
    }
  });
});

it.skipIf(natsServerPath() === null)('a run that hangs is given up, said to hang, and its folder stays', async () => {
  const data = mkdtempSync(join(tmpdir(), 'foretick-hung-'));
  try {
    const hung = run(data, { source: 'simulator:1,minutes=4,symbols=2', speed: '1', limitMs: 1_500 }, async () => undefined);
    await expect(hung).rejects.toThrow('a run was not at its end after 0.025 minutes');
    expect(existsSync(data)).toBe(true);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}, 60_000);

describe.skipIf(natsServerPath() === null || path === null)('chaos', () => {
  it('15 seeded kills change no sum of frames, predictions, outcomes or store', async () => {
    const report = await chaos({ source: `recording:${path}`, universes: [], workers: 0, seed: 7, kills: 15, speed: '10', limitMs: 200_000, say: () => undefined });
    expect(report.differences).toEqual([]);
    expect(report.kills).toBe(15);
    expect(Object.keys(report.sums).length).toBeGreaterThanOrEqual(8);
  }, 240_000);
});
