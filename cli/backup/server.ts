/** The data folder's own nats-server, for as long as a command needs it. The folder must be locked by the caller. */
import { once } from 'node:events';
import { findNatsServer, installNatsServer } from '../../infra/natsTool.ts';
import { natsReady, planNatsServer } from '../../infra/nats/server.ts';
import { ROOT } from '../../infra/places.ts';
import { dataSecrets, natsConfigPath } from '../../infra/secrets.ts';
import type { Config } from '../../runtime/config.ts';

const PATIENCE_MS = 10_000;

export async function withOwnServer<T>(dataDir: string, feed: string, work: (nats: Config['nats']) => Promise<T>): Promise<T> {
  const binary = (await findNatsServer(ROOT, process.env['PATH'] ?? '')).found ?? (await installNatsServer(ROOT));
  const { keysDir, ...secrets } = dataSecrets(dataDir);
  const server = await planNatsServer(binary.path, dataDir, { keysDir, ...secrets }, [feed], null);
  const child = server.spec.spawn();
  child.stdout?.resume();
  child.stderr?.resume();
  const gone = once(child, 'close');
  try {
    await natsReady(server.port, `none is kept; try: nats-server -c ${natsConfigPath(dataDir)}`, new AbortController().signal);
    return await work({ url: server.url, credentialsFile: keysDir });
  } finally {
    server.spec.leave(child);
    const kill = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await gone;
    clearTimeout(kill);
  }
}
