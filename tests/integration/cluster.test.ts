/**
 * A JetStream cluster of three nodes (TLS, three copies, a user for each service) whose leaders are killed under load gives
 * the sums of a single server. FORETICK_FULL: a recording, and every node killed twice.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Summary } from '../../cli/summary.ts';
import { connect, type Connection, whyNoConnection } from '../../streams/edge/connect.ts';
import { ADMIN } from '../../streams/permissions.ts';
import { FEATURES, PREDICTIONS } from '../../streams/streams.ts';
import { hasOpenssl } from '../support/certificates.ts';
import { silentLog } from '../support/context.ts';
import { type NatsCluster, type NodeName, startNatsCluster } from '../support/natsCluster.ts';
import { natsServerPath, startNatsServer } from '../support/natsServer.ts';
import { startUp, summaryOf, until } from '../support/pipeline.ts';
import { recording } from '../support/recordings.ts';

const FULL = process.env['FORETICK_FULL'] ? recording('binance-usdm') : null;
const RUN = FULL === null
  ? { source: 'simulator:1,minutes=6,symbols=2', feed: 'simulator', speed: '20', kills: ['TICKS-simulator', PREDICTIONS] }
  : { source: `recording:${FULL}`, feed: 'recording', speed: '4', kills: ['TICKS-recording', FEATURES, PREDICTIONS, 'TICKS-recording', 'MODELS', 'TICKS-recording'] };
const essence = ({ trades, quotes, frames, predictions, outcomes, scores, model, sha256 }: Summary) => ({ trades, quotes, frames, predictions, outcomes, scores, model, sha256 });

describe.skipIf(natsServerPath() === null || !hasOpenssl())('a cluster', () => {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-cluster-run-'));
  let cluster: NatsCluster;
  let connection: Connection;
  const nats = () => ({ url: cluster.url, credentialsFile: cluster.keysDir, tls: { caFile: cluster.caFile } });
  const up = (name: string, speed: string, ...more: string[]) => startUp(['--source', RUN.source, '--speed', speed, '--exit', '--json', '--data', join(dir, name), '--port', '0', ...more]);
  /** null while there is none. */
  const leaderOf = async (stream: string): Promise<NodeName | null> => ((await connection.jsm.streams.info(stream).catch(() => null))?.cluster?.leader ?? null) as NodeName | null;
  beforeAll(async () => {
    cluster = await startNatsCluster([RUN.feed]);
    connection = await connect(nats(), ADMIN, silentLog);
  }, 30_000);
  afterAll(async () => {
    await connection?.close();
    await cluster?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('lets nobody in without its authority, without a key, or in the clear', async () => {
    const { url, credentialsFile, tls } = nats();
    expect(await whyNoConnection({ url, credentialsFile, tls }, ADMIN)).toBeNull();
    expect(await whyNoConnection({ url, credentialsFile }, ADMIN)).toMatch(/certificate/);
    expect(await whyNoConnection({ url, credentialsFile: null, tls }, ADMIN)).toMatch(/Authorization/);
    const open = await startNatsServer();
    expect(await whyNoConnection({ url: open.url.replace('nats://', 'tls://'), credentialsFile: null }, ADMIN)).toMatch(/tls/);
    await open.stop();
  });

  it('loses no tick and changes no sum when leaders are killed under load', async () => {
    const single = up('single', 'max');
    expect(await single.ended, single.stderr()).toBe(0);
    const run = up('cluster', RUN.speed, '--nats', cluster.url, '--nats-creds', cluster.keysDir, '--nats-ca', cluster.caFile, '--replicas', '3');
    try {
      await until('the first forecast', () => run.stderr().includes('first forecast') || run.child.exitCode !== null, 180_000);
      let kills = 0;
      for (const stream of RUN.kills) {
        // Two of three are alive at any time; that the one started last may still be catching up is what readers must bear.
        await until('a leader', async () => (await leaderOf(stream)) !== null);
        const leader = (await leaderOf(stream))!;
        if (run.child.exitCode !== null) break;
        kills += 1;
        await cluster.kill(leader);
        await until('another leader', async () => ![null, leader].includes(await leaderOf(stream)));
        await cluster.start(leader);
      }
      expect(kills, 'leaders killed in mid-run').toBeGreaterThan(0);
      expect(await run.ended, run.stderr()).toBe(0);
    } finally {
      run.child.kill('SIGTERM');
    }
    expect(essence(summaryOf(run))).toEqual(essence(summaryOf(single)));
  }, 600_000);
});
