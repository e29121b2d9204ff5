/** Acks of appends, on a real server: denied, late, answered by nobody, closed. What is stored and refused is in journal.conformance.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as dial, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import { pause } from '../../tests/support/pause.ts';
import { type Append, createAppend } from './acks.ts';

const BODY = new Uint8Array([1]);
const TIMEOUT_MS = 1_500;

describe.skipIf(natsServerPath() === null)('acks', () => {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-acks-'));
  let server: NatsServer;
  let nc: NatsConnection;
  let append: Append;
  const open: NatsConnection[] = [];
  const as = async (user: string): Promise<NatsConnection> => {
    open.push(await dial({ servers: server.url, user, pass: 'p', maxReconnectAttempts: -1, reconnectTimeWait: 50 }));
    return open.at(-1)!;
  };
  const whyNot = (appended: Promise<number>): Promise<string> => appended.then((seq) => `stored ${seq}`, (error: Error) => error.name);

  beforeAll(async () => {
    const config = join(dir, 'acks.conf');
    writeFileSync(config, `jetstream { store_dir: ${JSON.stringify(dir)} }
authorization { users: [
  { user: admin, password: p }
  { user: service, password: p, permissions: { publish: ["own.>", "$JS.API.>"], subscribe: ["_INBOX.service.>"] } }
  { user: deaf, password: p, permissions: { publish: ["own.>"], subscribe: ["nothing"] } }
] }`);
    server = await startNatsServer(['-c', config]);
    await (await jetstreamManager(await as('admin'))).streams.add({ name: 'OWN', subjects: ['own.>'] });
    nc = await as('service');
    append = createAppend(nc, '_INBOX.service');
  });
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await server.stop();
    rmSync(dir, { recursive: true });
  });

  it('says that a subject is denied, of each append to it and of no other', async () => {
    const before = performance.now();
    expect(await Promise.all(['own.a', 'other.a', 'own.b', 'other.b', 'other.a'].map((subject) => whyNot(append(subject, BODY, { timeoutMs: 60_000 }))))).toEqual([
      'stored 1', 'PermissionViolationError', 'stored 2', 'PermissionViolationError', 'PermissionViolationError',
    ]);
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  it('says that answers may not be heard, and asks again for the next', async () => {
    const deaf = createAppend(await as('deaf'), '_INBOX.deaf');
    for (const n of [1, 2]) expect(`${n} ${await whyNot(deaf('own.a', BODY, { timeoutMs: 60_000 }))}`).toBe(`${n} PermissionViolationError`);
  });

  it('says that nobody takes a message, and refuses a header that would begin another', async () => {
    const admin = createAppend(await as('admin'), '_INBOX.admin');
    expect(await whyNot(admin('nobody', BODY, { timeoutMs: 60_000 }))).toBe('NoResponders');
    await expect(append('own.a', BODY, { timeoutMs: 60_000, headers: { Name: 'x\r\nNats-Expected-Last-Sequence: 1' } })).rejects.toThrow('the header Name has a line break');
  });

  it('a hung server makes appends late, each after its own time, and an answer after that is passed over', async () => {
    await pause(server.pid());
    try {
      expect(await Promise.all([whyNot(append('own.late', BODY, { timeoutMs: 100 })), whyNot(append('own.late', BODY, { timeoutMs: 300 }))])).toEqual(['TimeoutError', 'TimeoutError']);
    } finally {
      process.kill(server.pid(), 'SIGCONT');
    }
    await nc.flush();
    expect(await whyNot(append('own.late', BODY, { timeoutMs: TIMEOUT_MS }))).toMatch(/^stored /);
  });

  it('says once the server is back that answers were lost, and that they never come when the client is closed', async () => {
    await server.kill();
    const waiting = whyNot(append('own.away', BODY, { timeoutMs: 60_000 }));
    await server.start();
    expect(await waiting).toBe('ConnectionError');
    expect(await whyNot(append('own.away', BODY, { timeoutMs: TIMEOUT_MS }))).toMatch(/^stored /);
    const own = await as('service');
    const ours = createAppend(own, '_INBOX.service');
    await pause(server.pid());
    const lost = whyNot(ours('own.away', BODY, { timeoutMs: 60_000 }));
    await own.close();
    process.kill(server.pid(), 'SIGCONT');
    expect([await lost, await whyNot(ours('own.away', BODY, { timeoutMs: 60_000 }))]).toEqual(['ClosedConnectionError', 'ClosedConnectionError']);
  });
});
