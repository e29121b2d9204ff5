/**
 * A real toxiproxy for tests: its API and its proxies on loopback, on free ports; stopped by its own process id.
 * Toxics: https://github.com/Shopify/toxiproxy#toxics
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../infra/ports.ts';
import { findToxiproxy } from '../../infra/toxiproxyTool.ts';
import { until } from './pipeline.ts';

/** Path of the program, or null. In CI its absence is an error. */
export function toxiproxyPath(): string | null {
  const found = findToxiproxy(join(import.meta.dirname, '../..'));
  if (found === null && process.env['CI']) throw new Error('toxiproxy is missing in CI: ./foretick test installs it');
  if (found === null) console.warn('skipped: toxiproxy is not installed; `./foretick test` installs it');
  return found;
}

export type Toxic =
  | { readonly type: 'latency'; readonly attributes: { readonly latency: number; readonly jitter: number } }
  | { readonly type: 'bandwidth'; readonly attributes: { readonly rate: number } }
  | { readonly type: 'reset_peer' | 'timeout'; readonly attributes: { readonly timeout: number } }
  | { readonly type: 'slicer'; readonly attributes: { readonly average_size: number; readonly size_variation: number; readonly delay: number } };

export interface Link {
  /** Where clients dial. */
  readonly port: number;
  /** Makes the link bad in both directions, or in one, for as long as `cured` isn't called. */
  poison(toxic: Toxic, streams?: readonly ('upstream' | 'downstream')[]): Promise<void>;
  /** Takes every toxic away. */
  cure(): Promise<void>;
  /** Down: nobody can dial, and what was connected is cut. */
  setUp(up: boolean): Promise<void>;
}
export interface Toxiproxy {
  /** A link to a port of this machine. */
  link(name: string, upstreamPort: number): Promise<Link>;
  stop(): Promise<void>;
}

export async function startToxiproxy(seed: number): Promise<Toxiproxy> {
  const path = toxiproxyPath();
  if (path === null) throw new Error('toxiproxy is not installed');
  const port = await freePort();
  const child: ChildProcess = spawn(path, ['-host', '127.0.0.1', '-port', String(port), '-seed', String(seed)], { stdio: 'ignore' });
  const ask = async (method: string, route: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${port}${route}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`toxiproxy: ${method} ${route}: ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  await until('toxiproxy', () => ask('GET', '/proxies').then(() => true, () => false), 10_000);
  return {
    async link(name, upstreamPort) {
      const listen = await freePort();
      await ask('POST', '/proxies', { name, listen: `127.0.0.1:${listen}`, upstream: `127.0.0.1:${upstreamPort}`, enabled: true });
      return {
        port: listen,
        async poison(toxic, streams = ['upstream', 'downstream']) {
          for (const stream of streams) await ask('POST', `/proxies/${name}/toxics`, { ...toxic, name: `${toxic.type}-${stream}`, stream });
        },
        async cure() {
          for (const toxic of (await ask('GET', `/proxies/${name}/toxics`)) as { name: string }[]) await ask('DELETE', `/proxies/${name}/toxics/${toxic.name}`);
        },
        setUp: async (up) => void (await ask('POST', `/proxies/${name}`, { enabled: up })),
      };
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
