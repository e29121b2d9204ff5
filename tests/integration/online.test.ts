/** `up` without --cache as a user runs it: the gateway's own online store is what NATS has, also after kill -9 of the gateway. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openConnection } from '../../cli/nats.ts';
import { configPath, loadConfig } from '../../runtime/config.ts';
import { createClient } from '../../sdk/client.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { lastPerSubject } from '../../streams/edge/consume.ts';
import { lastOfSubject } from '../../streams/edge/stored.ts';
import { decodeRows, parseFrame } from '../../streams/messages/frame.ts';
import { decodeJson } from '../../streams/parse.ts';
import { FEATURES, LATEST } from '../../streams/streams.ts';
import { natsServerPath } from '../support/natsServer.ts';
import { killService, readState, type Run, startUp, until } from '../support/pipeline.ts';

const dir = mkdtempSync(join(tmpdir(), 'foretick-online-'));
const WAIT = { timeout: 30_000, interval: 200 };

describe.skipIf(natsServerPath() === null)('up without --cache', () => {
  let run: Run;
  let connection: Connection;
  beforeAll(() => {
    run = startUp(['--source', 'simulator:1,symbols=2,minutes=18', '--speed', 'max', '--train-until', '2026-01-05T00:15:00Z', '--data', dir, '--port', '0']);
  });
  afterAll(async () => {
    await connection?.close();
    run.child.kill('SIGTERM');
    await run.ended;
    rmSync(dir, { recursive: true, force: true });
  }, 30_000);

  const online = () => createClient({ baseUrl: readState(dir)!.address, token: readFileSync(join(dir, 'secrets/gateway-token'), 'utf8').trim() }).online();
  /** What NATS has of each instrument, after the feed's end. */
  const expected = async () => {
    const latest = new Map((await lastPerSubject(connection, LATEST, 'latest.>')).map(({ subject, data }) => [subject, decodeJson(data, subject)]));
    const frame = parseFrame((await lastOfSubject(connection, FEATURES, 'features.main'))!.data);
    const rows = decodeRows(frame.rows);
    return frame.symbols.map((instrument, i) => ({
      instrument, ...Object.fromEntries(['price', 'prediction', 'score'].map((kind) => [kind, latest.get(`latest.${kind}.${instrument}`)])),
      frame: { ts: frame.ts, mid: frame.mid[i], values: [...rows.subarray(i * rows.length / 2, (i + 1) * rows.length / 2)].map((value) => (Number.isFinite(value) ? value : null)) },
    }));
  };
  const answered = async () => {
    const { from, detail, instruments } = await online();
    expect([from, detail]).toEqual(['memory', '']);
    return instruments.map(({ frame, ...values }) => ({ ...values, frame: { ts: frame!.ts, mid: frame!.mid, values: Object.values(frame!.features) } }));
  };

  it('serves by REST what NATS has, and again after the gateway was killed', async () => {
    await until('the first forecast', () => /first forecast/.test(run.stdout()) || run.child.exitCode !== null, 90_000);
    connection = await openConnection(loadConfig(configPath(dir)));
    const same = () => vi.waitFor(async () => {
      const stored = await expected();
      expect(stored[0]).toMatchObject({ price: { mid: expect.any(Number) as number }, prediction: { horizons: [{}, {}, {}] }, score: { v: 1 } });
      expect(await answered()).toEqual(stored);
    }, WAIT);
    await same();
    expect(killService(dir, 'gateway')).toBe(true);
    await same();
  }, 150_000);
});
