/** Three real nats-servers as infra/nats/cluster/node.conf has them: JetStream, TLS, a user for each service. Killed and stopped by their own process ids. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usersConfigText } from '../../infra/nats/config.ts';
import { freePort } from '../../infra/ports.ts';
import { serviceKeys } from '../../infra/secrets.ts';
import { caFile, makeCertificates } from './certificates.ts';
import { natsServerPath } from './natsServer.ts';

const NODES = ['a', 'b', 'c'] as const;
export type NodeName = (typeof NODES)[number];

export interface NatsCluster {
  /** All nodes, comma-separated, by name: the client checks the certificate of an IP address as that of "localhost". */
  readonly url: string;
  readonly keysDir: string;
  readonly caFile: string;
  /** kill -9. */
  kill(node: NodeName): Promise<void>;
  start(node: NodeName): Promise<void>;
  stop(): Promise<void>;
}

export async function startNatsCluster(feeds: readonly string[]): Promise<NatsCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-cluster-'));
  const keysDir = join(dir, 'keys');
  makeCertificates(dir);
  copyFileSync(join(import.meta.dirname, '../../infra/nats/cluster/node.conf'), join(dir, 'node.conf'));
  mkdirSync(keysDir);
  writeFileSync(join(dir, 'users.conf'), usersConfigText({ publicKeys: serviceKeys(keysDir), readerPass: 'secret-of-the-reader', feeds }));
  const ports = new Map<string, number>();
  for (const name of NODES.flatMap((node) => [node, `${node} cluster`])) ports.set(name, await freePort());
  const address = (name: string): string => `127.0.0.1:${ports.get(name)}`;
  writeFileSync(join(dir, 'routes.conf'), `routes: [${NODES.map((node) => `"nats://${address(`${node} cluster`)}"`).join(', ')}]\n`);
  const children = new Map<NodeName, ChildProcess>();
  const end = async (node: NodeName, signal: NodeJS.Signals): Promise<void> => {
    const child = children.get(node);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const start = async (node: NodeName): Promise<void> => {
    const env = { ...process.env, NODE: node, CLIENT: address(node), CLUSTER: address(`${node} cluster`), STORE: join(dir, node) };
    const child = spawn(natsServerPath()!, ['-c', join(dir, 'node.conf')], { cwd: dir, env, stdio: ['ignore', 'ignore', 'pipe'] });
    children.set(node, child);
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.once('exit', () => reject(new Error(`node ${node} ended at its start: ${said}`)));
      child.stderr!.on('data', (chunk: Buffer) => {
        said = (said + String(chunk)).slice(-2_000);
        if (chunk.includes('Server is ready')) resolve();
      });
    });
  };
  const stop = async (): Promise<void> => {
    await Promise.all(NODES.map((node) => end(node, 'SIGTERM')));
    rmSync(dir, { recursive: true, force: true });
  };
  await Promise.all(NODES.map(start)).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url: NODES.map((node) => `tls://localhost:${ports.get(node)}`).join(','), keysDir, caFile: caFile(dir), start,
    kill: (node) => end(node, 'SIGKILL'),
    stop,
  };
}
