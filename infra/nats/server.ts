/** Starts nats-server under the supervisor, on a port that stays the same for as long as the data folder is served. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { RefusedError } from '../../runtime/errors.ts';
import type { ChildSpec } from '../../runtime/child.ts';
import { type DataSecrets, natsConfigPath, writePrivate } from '../secrets.ts';
import { natsConfigText, type NatsSettings } from './config.ts';
import { canConnect, freePort, isPortFree } from '../ports.ts';

const RUN = join(import.meta.dirname, 'run.sh');
const POLL_MS = 25;
const START_MS = 30_000;

export interface NatsServer { readonly spec: ChildSpec; readonly url: string; readonly port: number }

/** `wantedPort` is used when it is free: clients of an earlier run find the server where it was. */
export async function planNatsServer(binary: string, dataDir: string, secrets: DataSecrets, feeds: readonly string[], wantedPort: number | null, sync?: NatsSettings['sync']): Promise<NatsServer> {
  const port = wantedPort !== null && (await isPortFree(wantedPort)) ? wantedPort : await freePort();
  const configFile = natsConfigPath(dataDir);
  writePrivate(configFile, natsConfigText({ port, storeDir: join(dataDir, 'nats'), sync, users: { publicKeys: secrets.publicKeys, readerPass: secrets.reader.pass, feeds } }));
  const spec: ChildSpec = {
    name: 'nats-server',
    speaksExitCodes: false,
    // Its own session: Ctrl-C reaches the terminal's whole group, and the server is the last to go.
    spawn: () => spawn('/bin/sh', [RUN, binary, configFile], { stdio: ['pipe', 'pipe', 'pipe'], detached: true }),
    leave: (child) => void child.kill('SIGTERM'),
  };
  return { spec, port, url: `nats://127.0.0.1:${port}` };
}

/** Resolves when it takes connections. */
export async function natsReady(port: number, logFile: string, signal: AbortSignal): Promise<void> {
  for (let waited = 0; waited < START_MS && !signal.aborted; waited += POLL_MS) {
    if (await canConnect(port)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  if (!signal.aborted) throw new RefusedError(`nats-server did not start within ${START_MS / 1_000} s`, `Its log says why: ${logFile}`);
}
