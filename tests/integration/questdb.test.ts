/** `up --store questdb:…` while the recorder and QuestDB itself are killed with -9: the history is that of an undisturbed run on SQLite. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backup } from '../../cli/backup/backup.ts';
import { restore } from '../../cli/backup/restore.ts';
import { storeDigest } from '../../cli/chaos/digest.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { configPath, loadConfig } from '../../runtime/config.ts';
import { natsServerPath } from '../support/natsServer.ts';
import { killService, readState, type Run, sleep, startUp, until } from '../support/pipeline.ts';
import { INSTALL_MS, questdbJars, type QuestServer, startQuestServer } from '../support/questdb.ts';

const jars = await questdbJars();
const dir = mkdtempSync(join(tmpdir(), 'foretick-up-'));

describe.skipIf(jars === null || natsServerPath() === null)('up on QuestDB', () => {
  let server: QuestServer;
  let undisturbed: Run | undefined;
  let run: Run | undefined;
  beforeAll(async () => {
    server = await startQuestServer(jars!);
  }, INSTALL_MS);
  afterAll(async () => {
    for (const started of [undisturbed, run]) {
      if (started?.child.exitCode === null) started.child.kill('SIGTERM');
      await started?.ended;
    }
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const minutes = process.env['FORETICK_FULL'] === undefined ? 20 : 65;
  const options = (data: string): string[] => ['--source', `simulator:1,minutes=${minutes},symbols=2`, '--speed', 'max', '--exit', '--json', '--data', data, '--port', '0'];
  const digestOf = (data: string) => storeDigest(loadConfig(configPath(data)));

  it('gives the sums of SQLite, whoever is killed', async () => {
    const [plain, quest] = [join(dir, 'plain'), join(dir, 'quest')];
    undisturbed = startUp(options(plain));
    run = startUp([...options(quest), '--store', server.url('up')]);
    const hasEnded = (): boolean => run!.child.exitCode !== null;
    await until('services', () => (readState(quest)?.children.length ?? 0) >= 5 || hasEnded());
    for (const victim of ['recorder', 'questdb', 'recorder', 'questdb']) {
      await sleep(500);
      expect(hasEnded(), `a run that has ended before the ${victim} is killed proves nothing`).toBe(false);
      if (victim === 'recorder') await until('the recorder to be alive', () => killService(quest, victim) || hasEnded());
      else {
        await server.kill();
        await server.start();
      }
    }
    expect(await run.ended, run.stderr()).toBe(0);
    expect(await undisturbed.ended, undisturbed.stderr()).toBe(0);
    expect(await digestOf(quest)).toEqual(await digestOf(plain));
  }, 400_000);

  it('is copied by a backup as a SQLite file, and a restored pipeline has the same sums without QuestDB', async () => {
    const [quest, copy, restored] = [join(dir, 'quest'), join(dir, 'copy'), join(dir, 'restored')];
    const quiet: Terminal = { line: () => undefined, warn: () => undefined, status: () => undefined, step: (_, work) => work() };
    const { leftOut } = await backup(quest, copy, quiet);
    expect(leftOut).toEqual([expect.stringContaining('store migrate')]);
    expect(readdirSync(copy).filter((name) => name.startsWith('history'))).toEqual(['history.db']);
    await restore(copy, restored, null, quiet);
    expect(loadConfig(configPath(restored)).store.url).toBe(`sqlite:${join(restored, 'history.db')}`);
    expect(await digestOf(restored)).toEqual(await digestOf(join(dir, 'plain')));
  }, 60_000);
});
