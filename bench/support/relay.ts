/** The bare relay: feed → frames → predictions → latest → WebSocket, as many stored hops and processes as the product has. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { StorageType } from '@nats-io/jetstream';
import type { Connection } from '../../streams/edge/connect.ts';
import type { Hop } from './relayChild.ts';

const CHILD = join(import.meta.dirname, 'relayChild.ts');

/** Bytes of the product's messages at each hop. */
export interface Sizes { readonly frame: number; readonly prediction: number; readonly latest: number; readonly text: number }
export interface Relay { readonly port: number; /** Of the hop onto WebSockets. */ readonly lastPid: number; end(): Promise<void> }

export async function startRelay(connection: Connection, url: string, feedStream: string, clockSubject: string, stepUs: number, symbols: number, sizes: Sizes): Promise<Relay> {
  const streams = { 'BARE-FRAMES': ['bare.frames'], 'BARE-PREDICTIONS': ['bare.predictions'], 'BARE-LATEST': ['bare.latest.>'] };
  for (const [name, subjects] of Object.entries(streams)) {
    await connection.jsm.streams.add({ name, subjects, storage: StorageType.File, max_msgs_per_subject: name === 'BARE-LATEST' ? 1 : -1 });
  }
  const hops: Hop[] = [
    { url, from: feedStream, only: clockSubject, stepUs, to: ['bare.frames'], bytes: sizes.frame },
    { url, from: 'BARE-FRAMES', only: null, stepUs, to: ['bare.predictions'], bytes: sizes.prediction },
    { url, from: 'BARE-PREDICTIONS', only: null, stepUs, to: Array.from({ length: symbols }, (_, i) => `bare.latest.${i}`), bytes: sizes.latest },
    { url, from: 'BARE-LATEST', only: null, stepUs, to: null, bytes: sizes.text },
  ];
  const children: ChildProcess[] = hops.map((hop) => fork(CHILD, [JSON.stringify(hop)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  const ready = await Promise.all(children.map(async (child) => ((await once(child, 'message')) as [{ port: number }])[0]));
  return {
    port: ready.at(-1)!.port,
    lastPid: children.at(-1)!.pid!,
    async end() {
      await Promise.all(children.map(async (child) => {
        if (child.exitCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }));
    },
  };
}
