/** On a real nats-server: what the reader may do, and that passwords stay private. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSupervisor, logsDir, type Supervisor } from '../../runtime/supervisor.ts';
import { connect, type Connection } from '../../streams/edge/connect.ts';
import { lastOfSubject } from '../../streams/edge/stored.ts';
import { ensureStreams } from '../../streams/edge/streams.ts';
import { ADMIN } from '../../streams/permissions.ts';
import { streamsFor } from '../../streams/streams.ts';
import { natsServerPath } from '../../tests/support/natsServer.ts';
import { run } from '../run.ts';
import { dataSecrets, type DataSecrets, natsConfigPath, writePrivate } from '../secrets.ts';
import { natsReady, type NatsServer, planNatsServer } from './server.ts';

const binary = natsServerPath();
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe.runIf(binary !== null)('the nats-server that foretick starts', () => {
  let dir: string;
  let secrets: DataSecrets;
  let server: NatsServer;
  let supervisor: Supervisor;
  let owner: Connection;
  let reader: Connection;
  const ready = (): Promise<void> => natsReady(server.port, join(logsDir(dir), 'nats-server.log'), new AbortController().signal);

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'foretick nats "quoted" ')); // spaces and quotes: the configuration must escape them
    secrets = dataSecrets(dir);
    server = await planNatsServer(binary!, dir, secrets, ['f'], null);
    supervisor = createSupervisor({ dataDir: dir, random: () => 0, listener: { onHealth: () => undefined, onRestart: () => undefined, onVerdict: () => undefined } });
    supervisor.start(server.spec);
    await ready();
    owner = await connect({ url: server.url, credentialsFile: secrets.keysDir }, ADMIN, silent);
    await ensureStreams(owner, streamsFor(['f']));
    writePrivate(join(dir, 'reader.json'), JSON.stringify(secrets.reader));
    reader = await connect({ url: server.url, credentialsFile: join(dir, 'reader.json') }, 'reader', silent);
  });
  afterAll(async () => {
    await Promise.all([owner?.close(), reader?.close()]);
    await supervisor?.stop(['nats-server'], 5_000);
    rmSync(dir, { recursive: true, force: true });
  });

  it('keeps every secret in files of their owner, and out of its log', () => {
    for (const file of readdirSync(join(dir, 'secrets'))) expect(statSync(join(dir, 'secrets', file)).mode & 0o077).toBe(0);
    const log = readFileSync(join(logsDir(dir), 'nats-server.log'), 'utf8');
    const config = readFileSync(natsConfigPath(dir), 'utf8');
    const seeds = readdirSync(secrets.keysDir).map((file) => readFileSync(join(secrets.keysDir, file), 'utf8'));
    for (const file of readdirSync(secrets.keysDir)) expect(statSync(join(secrets.keysDir, file)).mode & 0o077).toBe(0);
    for (const secret of [...seeds, secrets.reader.pass, secrets.token]) expect(log).not.toContain(secret);
    for (const seed of seeds) expect(config).not.toContain(seed);
    expect(seeds).toHaveLength(Object.keys(secrets.publicKeys).length);
    expect(new Set([...seeds, secrets.reader.pass, secrets.token]).size).toBe(seeds.length + 2);
    expect(dataSecrets(dir)).toEqual(secrets);
  });

  it('syncs each message when it is asked to, in words that the server takes', async () => {
    const other = mkdtempSync(join(tmpdir(), 'foretick-sync-'));
    for (const sync of [undefined, 'always'] as const) {
      await planNatsServer(binary!, other, dataSecrets(other), ['f'], null, sync);
      expect(readFileSync(natsConfigPath(other), 'utf8').includes('sync_interval: always')).toBe(sync === 'always');
      expect(await run(binary!, ['-t', '-c', natsConfigPath(other)])).toMatchObject({ ok: true });
    }
    rmSync(other, { recursive: true });
  });

  it('lets a reader hear what is published, and nothing else', async () => {
    const heard: string[] = [];
    const errors: string[] = [];
    for (const subject of ['predictions.>', '_INBOX.>', 'health.*']) reader.nc.subscribe(subject, { callback: (error, message) => void (error ? errors.push(subject) : heard.push(`${message.subject} ${text(message.data)}`)) });
    await reader.nc.flush();
    for (const subject of ['predictions.u', 'health.source', '_INBOX.x']) owner.nc.publish(subject, 'p');
    await owner.nc.flush();
    await expect.poll(() => heard).toEqual(['predictions.u p']);
    await expect.poll(() => errors.toSorted()).toEqual(['_INBOX.>', 'health.*']);
  });

  it('lets a reader publish nothing', async () => {
    const seen: string[] = [];
    owner.nc.subscribe('predictions.>', { callback: (_, message) => void seen.push(text(message.data)) });
    await owner.nc.flush();
    reader.nc.publish('predictions.u', 'forged');
    await reader.nc.flush();
    owner.nc.publish('predictions.u', 'genuine');
    await owner.nc.flush();
    await expect.poll(() => seen).toEqual(['genuine']);
  });

  it('comes back on the same port after kill -9, with what was stored', async () => {
    await owner.js.publish('features.u', 'kept');
    const before = supervisor.pid('nats-server')!;
    process.kill(before, 'SIGKILL');
    await expect.poll(() => supervisor.pid('nats-server'), { timeout: 10_000 }).not.toBe(before);
    await ready();
    expect(text((await lastOfSubject(owner, 'FEATURES', 'features.u'))!.data)).toBe('kept');
  });
});
