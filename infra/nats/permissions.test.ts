/** On a real nats-server with the configuration that `up` writes: for every service, what it may do works, and the server refuses the rest. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RefusedError } from '../../runtime/errors.ts';
import { createSupervisor, logsDir, type Supervisor } from '../../runtime/supervisor.ts';
import { openAliases, putAlias } from '../../streams/edge/aliases.ts';
import { connect, type Connection } from '../../streams/edge/connect.ts';
import { lastPerSubject, readStream } from '../../streams/edge/consume.ts';
import { openFeedPublisher } from '../../streams/edge/feedPublisher.ts';
import { openFencedSubject } from '../../streams/edge/fencedSubject.ts';
import { openLeases } from '../../streams/edge/leases.ts';
import { openObjects } from '../../streams/edge/objects.ts';
import { getWorkPlan, putWorkPlan } from '../../streams/edge/workPlan.ts';
import { lastOfSubject, streamBounds } from '../../streams/edge/stored.ts';
import { ensureBuckets, ensureStreams } from '../../streams/edge/streams.ts';
import { ADMIN, grants } from '../../streams/permissions.ts';
import { streamsFor } from '../../streams/streams.ts';
import { silentLog } from '../../tests/support/context.ts';
import { natsServerPath } from '../../tests/support/natsServer.ts';
import { dataSecrets } from '../secrets.ts';
import { natsReady, planNatsServer } from './server.ts';

const binary = natsServerPath();
const SERVICES = ['source', 'features', 'inference', 'outcomes', 'recorder', 'trainer', 'latest', 'gateway', 'worker'] as const;
type Service = (typeof SERVICES)[number];

/** Who alone may publish it. */
const OWNERS: Readonly<Record<string, readonly Service[]>> = {
  'ticks.f.venue.symbol': ['source'], 'clock.f': ['source'], 'status.f': ['source'], 'ticks.other.venue.symbol': [], 'clock.other': [],
  'features.u': ['features', 'worker'], 'predictions.u': ['inference', 'worker'], 'predictions.u.challenger': ['inference', 'worker'], 'outcomes.u': ['outcomes', 'worker'], 'scores.u': ['outcomes', 'worker'],
  'models.u': ['trainer'], 'latest.price.venue.symbol': ['latest'],
  ...Object.fromEntries(SERVICES.map((service) => [`health.${service}`, [service, 'worker']])),
  '$O.SNAPSHOTS.M.x': ['features', 'inference', 'outcomes', 'worker'], '$O.SNAPSHOTS.C.x': ['features', 'inference', 'outcomes', 'worker'], '$O.MODELFILES.M.x': ['trainer'], '$O.MODELFILES.C.x': ['trainer'],
  '$KV.ALIASES.champion': ['trainer'], '$KV.LEASES.universe.u': ['worker'], '$KV.RUN.plan': [], '$JS.ACK.FEATURES.c.1.1.1.1.1': [], '$JS.API.INFO': [],
};
const STREAMS = ['TICKS-f', 'FEATURES', 'PREDICTIONS', 'OUTCOMES', 'MODELS', 'LATEST', 'OBJ_SNAPSHOTS', 'OBJ_MODELFILES', 'KV_ALIASES', 'KV_LEASES', 'KV_RUN'];
const NOBODY = ['CREATE', 'UPDATE', 'DELETE', 'SNAPSHOT', 'RESTORE', 'MSG.DELETE'];
/** Who alone may read it. */
const READERS: Readonly<Record<string, readonly Service[]>> = {
  'TICKS-f': ['source', 'features', 'recorder', 'latest', 'worker'], 'TICKS-other': [], FEATURES: ['features', 'inference', 'outcomes', 'trainer', 'latest', 'gateway', 'worker'],
  PREDICTIONS: ['inference', 'outcomes', 'recorder', 'latest', 'worker'], OUTCOMES: ['outcomes', 'recorder', 'latest', 'worker'], MODELS: ['inference', 'recorder', 'trainer', 'gateway', 'worker'], LATEST: ['latest', 'gateway'],
  OBJ_SNAPSHOTS: ['features', 'inference', 'outcomes', 'worker'], OBJ_MODELFILES: ['inference', 'trainer', 'gateway', 'worker'], KV_ALIASES: [], KV_LEASES: ['worker'], KV_RUN: ['worker'],
};

/** Every request of the product and beyond it, with those who may make it. */
const REQUESTS: Readonly<Record<string, readonly Service[]>> = {
  ...OWNERS,
  ...Object.fromEntries(STREAMS.flatMap((stream) => NOBODY.map((what) => [`$JS.API.STREAM.${what}.${stream}`, []]))),
  ...Object.fromEntries(STREAMS.map((stream) => [`$JS.API.STREAM.PURGE.${stream}`, ({ OBJ_SNAPSHOTS: ['features', 'inference', 'outcomes', 'worker'], OBJ_MODELFILES: ['trainer'], KV_LEASES: ['worker'] } as Record<string, Service[]>)[stream] ?? []])),
  ...Object.fromEntries(Object.entries(READERS).flatMap(([stream, who]) => [`STREAM.MSG.GET.${stream}`, `CONSUMER.CREATE.${stream}`, `CONSUMER.MSG.NEXT.${stream}.c`].map((what) => [`$JS.API.${what}`, who]))),
};

describe.runIf(binary !== null)('the users of the nats-server that foretick starts', () => {
  let dir: string;
  let supervisor: Supervisor;
  let owner: Connection;
  const users = new Map<Service, { connection: Connection; denied: string[] }>();
  const user = (service: Service): Connection => users.get(service)!.connection;
  const signal = new AbortController().signal;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'foretick-users-'));
    const { keysDir, ...secrets } = dataSecrets(dir);
    const server = await planNatsServer(binary!, dir, { keysDir, ...secrets }, ['f'], null);
    supervisor = createSupervisor({ dataDir: dir, random: () => 0, listener: { onHealth: () => undefined, onRestart: () => undefined, onVerdict: () => undefined } });
    supervisor.start(server.spec);
    await natsReady(server.port, join(logsDir(dir), 'nats-server.log'), signal);
    const nats = { url: server.url, credentialsFile: keysDir };
    owner = await connect(nats, ADMIN, silentLog);
    await ensureStreams(owner, streamsFor(['f', 'other']));
    await ensureBuckets(owner);
    for (const service of SERVICES) {
      const denied: string[] = [];
      const log = { ...silentLog, warn: (_: unknown, text?: string) => void denied.push(/"(.*)"/.exec(String(text))?.[1] ?? String(text)) };
      users.set(service, { connection: await connect(nats, service, log), denied });
    }
  });
  afterAll(async () => {
    await Promise.all([owner, ...[...users.values()].map(({ connection }) => connection)].map((connection) => connection?.close()));
    await supervisor?.stop(['nats-server'], 5_000);
    rmSync(dir, { recursive: true, force: true });
  });

  it('are those that have rights, and nobody else', () => {
    expect(Object.keys(grants([]))).toEqual(SERVICES);
  });

  it.each(SERVICES)('%s works with what is its own', async (service) => {
    const connection = user(service);
    const { reads, objects } = grants(['f'])[service]!;
    for (const stream of reads) {
      await streamBounds(connection, stream);
      await lastOfSubject(connection, stream, 'none');
      await lastPerSubject(connection, stream, streamsFor(['f']).find(({ name }) => name === stream)?.subjects[0] ?? `$KV.${stream.slice('KV_'.length)}.>`);
    }
    for (const bucket of [...(objects?.reads ?? []), ...(objects?.writes ?? [])]) expect(await (await openObjects(connection, bucket)).get('none')).toBeNull();
    for (const bucket of objects?.writes ?? []) {
      const store = await openObjects(connection, bucket);
      for (const size of [300_000, 3]) await store.put(service, new Uint8Array(size));
      expect(await store.get(service)).toHaveLength(3);
    }
    expect(users.get(service)!.denied).toEqual([]);
  });

  it('share universes by leases: one holds, another is refused, and takes it when it is given up', async () => {
    await putWorkPlan(owner, { v: 1, feed: { name: 'f', virtual: true }, universes: [{ name: 'u', instruments: ['v.s'], stepMs: 1_000, horizonsMs: [1_000], leaders: [] }], workers: 1, training: { untilTs: null } });
    expect((await getWorkPlan(user('worker'))).universes.map(({ name }) => name)).toEqual(['u']);
    const [one, two] = [await openLeases(user('worker'), 'one'), await openLeases(user('worker'), 'two')];
    expect([await one.hold('universe.u'), await two.hold('universe.u'), await one.hold('universe.u')]).toEqual([true, false, true]);
    expect([...(await two.keys())]).toEqual(['universe.u']);
    await two.release('universe.u'); // isn't its own
    expect(await two.hold('universe.u')).toBe(false);
    await one.release('universe.u');
    expect([await two.hold('universe.u'), await one.hold('universe.u')]).toEqual([true, false]);
    // Not renewed, it lapses; and what lapsed and was taken is not given up by who had it before.
    await expect.poll(() => one.hold('universe.u'), { timeout: 10_000 }).toBe(true);
    await two.release('universe.u');
    expect([await one.hold('universe.u'), await two.hold('universe.u')]).toEqual([true, false]);
  });

  it('publish, and others read it', async () => {
    const feed = await openFeedPublisher(user('source'), 'f', silentLog);
    await feed.publish([{ v: 1, type: 'clock', tsInit: 100_000 }]);
    await feed.flush();
    for await (const { subject } of readStream(user('features'), { stream: 'TICKS-f', fromSeq: 1, signal })) {
      expect(subject).toBe('clock.f');
      break;
    }
    for (const [service, stream, subject] of [['features', 'FEATURES', 'features.u'], ['inference', 'PREDICTIONS', 'predictions.u'], ['outcomes', 'OUTCOMES', 'outcomes.u'], ['trainer', 'MODELS', 'models.u']] as const) {
      await (await openFencedSubject(user(service), stream, subject, signal)).publish(new Uint8Array([1]));
    }
    await putAlias(user('trainer'), 'champion.u', 'm');
    expect(await (await openAliases(owner)).get('champion.u').then((entry) => entry?.string())).toBe('m');
  });

  it.each(SERVICES)('%s is refused everything else', async (service) => {
    const { connection, denied } = users.get(service)!;
    const forbidden = Object.entries(REQUESTS).filter(([, who]) => !who.includes(service)).map(([subject]) => subject);
    expect(forbidden.length).toBeGreaterThan(90);
    const unheard = ['>', '_INBOX.>', ...SERVICES.filter((other) => other !== service).map((other) => `_INBOX.${other}.>`), 'ticks.>', 'predictions.>', '$JS.API.>', '$KV.>', ...(service === 'gateway' ? [] : ['health.*'])];
    for (const subject of unheard) connection.nc.subscribe(subject, { callback: () => undefined });
    for (const subject of forbidden) connection.nc.publish(subject, '{}');
    await connection.nc.flush();
    await expect.poll(() => denied.toSorted(), { timeout: 5_000 }).toEqual([...forbidden, ...unheard].toSorted());
  });

  it('say in plain words what was refused, instead of trying for ever', async () => {
    const latest = await openFeedPublisher(user('latest'), 'f', silentLog);
    await latest.publish([{ v: 1, type: 'clock', tsInit: 200_000 }]);
    await expect(latest.flush()).rejects.toThrow(RefusedError);
    const subject = await openFencedSubject(user('outcomes'), 'PREDICTIONS', 'predictions.u', signal);
    await expect(subject.publish(new Uint8Array([2]))).rejects.toThrow(/does not allow publish predictions\.u/);
    await expect(streamBounds(user('source'), 'MODELS')).rejects.toThrow(/does not allow publish \$JS\.API\.STREAM\.INFO\.MODELS/);
    expect((await streamBounds(owner, 'TICKS-f')).lastSeq).toBe(1);
  });
});
