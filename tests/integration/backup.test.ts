/** A pipeline is backed up in mid-run and killed; what is restored elsewhere goes on to the sums of the undisturbed run. */
import { execFile } from 'node:child_process';
import { appendFileSync, chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BackupReport } from '../../cli/backup/backup.ts';
import { sumOf } from '../../cli/backup/files.ts';
import { type Manifest, writeManifest } from '../../cli/backup/manifest.ts';
import { storeDigest } from '../../cli/chaos/digest.ts';
import type { Summary } from '../../cli/summary.ts';
import { type Config, configPath, loadConfig } from '../../runtime/config.ts';
import { natsServerPath } from '../support/natsServer.ts';
import { isAlive, readState, type Run, startUp, summaryOf, until } from '../support/pipeline.ts';

const MAIN = join(import.meta.dirname, '../../cli/main.ts');
const SOURCE = ['--source', 'simulator:1,minutes=6,symbols=2'];
const essence = ({ trades, quotes, frames, predictions, forecasts, outcomes, scores, model, sha256 }: Summary) => ({ trades, quotes, frames, predictions, forecasts, outcomes, scores, model, sha256 });

interface Ended { readonly code: number; readonly stdout: string; readonly stderr: string }
const run = (command: string, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => execFile(command, args, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })));
const foretick = (...args: string[]): Promise<Ended> => run(process.execPath, [MAIN, ...args]);

const readManifest = (dir: string): Manifest => (JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as { manifest: Manifest }).manifest;

/** Empty when it is gone. */
const commandOf = (pid: number): string => (existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '');

describe.skipIf(natsServerPath() === null)('backup and restore', () => {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-backup-'));
  const at = (name: string): string => join(dir, name);
  const backup = at('backup');
  let calm: Run;
  let hit: Run;

  beforeAll(async () => {
    calm = startUp([...SOURCE, '--speed', 'max', '--exit', '--json', '--data', at('calm'), '--port', '0']);
    hit = startUp([...SOURCE, '--speed', '2', '--exit', '--json', '--data', at('hit'), '--port', '0']);
    await until('a forecast in mid-run', () => hit.stderr().includes('first forecast') || hit.child.exitCode !== null, 180_000);
  }, 200_000);
  afterAll(async () => {
    for (const { child } of [calm, hit]) child.kill('SIGTERM');
    await Promise.all([calm.ended, hit.ended]);
    rmSync(dir, { recursive: true, force: true });
  }, 30_000);

  it('says in plain words that the disk takes no more, and leaves nothing behind', async () => {
    const { code, stderr } = await run('/bin/sh', ['-c', `trap '' XFSZ; ulimit -f 16; exec '${process.execPath}' '${MAIN}' backup '${at('full')}' --data '${at('hit')}'`]);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/full: (files may not be as large there|the disk refuses to take more)/);
    expect(existsSync(at('full'))).toBe(false);
  }, 30_000);

  it('copies a pipeline under load, and what is restored goes on to the same sums', async () => {
    const made = await foretick('backup', backup, '--data', at('hit'), '--json');
    expect(made.code, made.stderr).toBe(0);
    const children = readState(at('hit'))!.children;
    hit.child.kill('SIGKILL');
    await hit.ended;
    const restored = await foretick('restore', backup, '--data', at('restored'));
    expect(restored.code, restored.stderr).toBe(0);
    const again = startUp(['--data', at('restored'), '--speed', 'max', '--exit', '--json', '--port', '0']);
    expect(await again.ended, again.stderr()).toBe(0);
    expect(await calm.ended, calm.stderr()).toBe(0);
    const { streams, leftOut } = JSON.parse(made.stdout) as BackupReport;
    expect(leftOut).toEqual([]);
    expect(streams['FEATURES']).toBeLessThan(summaryOf(calm).frames);
    expect(essence(summaryOf(again))).toEqual(essence(summaryOf(calm)));
    const stored = (name: string) => storeDigest(loadConfig(configPath(at(name))));
    expect(await stored('restored')).toEqual(await stored('calm'));
    for (const secret of ['gateway-token', 'nats-reader.json', 'nats/cli.nk']) expect(readFileSync(join(at('restored'), 'secrets', secret))).not.toEqual(readFileSync(join(at('hit'), 'secrets', secret)));
    // That orphans leave by themselves is kill.test.ts's matter; here nothing may write to folders that are removed.
    for (const { pid } of children) if (pid !== null && isAlive(pid) && commandOf(pid).includes(at('hit'))) process.kill(pid, 'SIGKILL');
  }, 120_000);

  it('copies a stopped pipeline too, for its owner\'s eyes alone', async () => {
    const { code, stderr } = await foretick('backup', at('stopped'), '--data', at('restored'));
    expect(code, stderr).toBe(0);
    chmodSync(join(at('stopped'), 'history.db'), 0o400);
    expect((await foretick('restore', at('stopped'), '--data', at('restored again'))).code).toBe(0);
    expect(statSync(join(at('restored again'), 'history.db')).mode & 0o777).toBe(0o600);
    for (const file of readdirSync(at('stopped'), { recursive: true, withFileTypes: true })) expect(statSync(join(file.parentPath, file.name)).mode & 0o077, file.name).toBe(0);
    expect(readdirSync(at('stopped'), { recursive: true }).filter((name) => /secrets|\.nk|token/.test(String(name)))).toEqual([]);
  }, 60_000);

  const PASSWORDS = { store: 'secret-of-the-store', cache: 'secret-of-the-cache' };
  const withPasswords = (path: string, questPort = 1): void => {
    const config = JSON.parse(readFileSync(path, 'utf8')) as Config;
    writeFileSync(path, JSON.stringify({ ...config, store: { url: `questdb:http://user:${PASSWORDS.store}@127.0.0.1:${questPort}` }, cache: { url: `redis://user:${PASSWORDS.cache}@127.0.0.1:1` } }));
  };

  const backupTo = (questPort: number): Promise<Ended> => {
    withPasswords(configPath(at('restored again')), questPort);
    return foretick('backup', at('with passwords'), '--data', at('restored again'), '--json');
  };

  it('holds no password of the store or the cache, and says what it leaves out', async () => {
    const away = await backupTo(1);
    expect({ code: away.code, stderr: away.stderr }).toMatchObject({ code: 75, stderr: expect.stringContaining('is away') });
    expect(existsSync(at('with passwords'))).toBe(false);
    const quest = createServer((_, response) => void response.end('{"columns":[],"dataset":[]}')).listen(0, '127.0.0.1'); // of no tables
    await once(quest, 'listening');
    const { code, stderr, stdout } = await backupTo((quest.address() as AddressInfo).port);
    quest.close();
    expect(code, stderr).toBe(0);
    expect((JSON.parse(stdout) as BackupReport).leftOut).toEqual([expect.stringContaining('the address of QuestDB'), expect.stringContaining('the address of the cache')]);
    const files = readdirSync(at('with passwords'), { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    for (const file of files) for (const secret of Object.values(PASSWORDS)) expect(readFileSync(join(file.parentPath, file.name)).includes(secret), file.name).toBe(false);
  }, 30_000);

  it('restores no address of the original\'s cache: two would write the same keys', async () => {
    cpSync(at('stopped'), at('old'), { recursive: true });
    withPasswords(join(at('old'), 'config.json'));
    const manifest = readManifest(at('old'));
    rmSync(join(at('old'), 'manifest.json'));
    await writeManifest(at('old'), { ...manifest, files: manifest.files.map((file) => (file.part.kind === 'config' ? { ...file, ...sumOf(join(at('old'), file.path)) } : file)) });
    const { code, stderr } = await foretick('restore', at('old'), '--data', at('beside'));
    expect(code, stderr).toBe(0);
    expect(loadConfig(configPath(at('beside')))).toMatchObject({ cache: { url: 'memory:' }, store: { url: `sqlite:${join(at('beside'), 'history.db')}` } });
  }, 30_000);

  const damagedCopy = (name: string, damage: (copy: string) => void): string => {
    cpSync(backup, at(name), { recursive: true });
    damage(at(name));
    return at(name);
  };
  it.each<readonly [string, number, RegExp, (copy: string) => void]>([
    ['half-written', 2, /holds no whole backup/, (copy) => rmSync(join(copy, 'manifest.json'))],
    ['with a changed stream', 4, /TICKS-simulator\.snapshot is damaged/, (copy) => appendFileSync(join(copy, 'streams/TICKS-simulator.snapshot'), 'x')],
    ['with a changed manifest', 4, /manifest\.json is damaged/, (copy) => writeFileSync(join(copy, 'manifest.json'), readFileSync(join(copy, 'manifest.json'), 'utf8').replace('"v": 1', '"v": 2'))],
    ['with a missing file', 4, /history\.db is missing/, (copy) => rmSync(join(copy, 'history.db'))],
  ])('refuses a backup %s, and writes nothing', async (name, exitCode, words, damage) => {
    const { code, stderr } = await foretick('restore', damagedCopy(name, damage), '--data', at('none'));
    expect(stderr).toMatch(words);
    expect(code).toBe(exitCode);
    expect(existsSync(at('none'))).toBe(false);
  });

  it('overwrites nothing: no folder that holds something, on either side', async () => {
    mkdirSync(at('taken'));
    copyFileSync(MAIN, join(at('taken'), 'mine'));
    for (const args of [['restore', backup, '--data', at('taken')], ['backup', at('taken'), '--data', at('restored')]]) {
      const { code, stderr } = await foretick(...args);
      expect(stderr).toContain('is not empty');
      expect(code).toBe(2);
    }
    expect(readdirSync(at('taken'))).toEqual(['mine']);
    expect((await foretick('backup', at('new'), '--data', at('no such run'))).code).toBe(2);
  });
});
