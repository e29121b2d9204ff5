/** The bare relay: feed → frames → predictions → latest → WebSocket, as many stored hops and processes as the product has. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { StorageType } from '@nats-io/jetstream';
import type { Connection } from '../../streams/edge/connect.ts';
import { ticksStream } from '../../streams/streams.ts';
import { clockSubject } from '../../streams/subjects.ts';
import type { Publisher } from './publisher.ts';
import type { Hop } from './relayChild.ts';

const CHILD = join(import.meta.dirname, 'relayChild.ts');

interface Stored { readonly stream: string; readonly subject: string }
/** Bytes of the product's messages at each hop. */
export interface Sizes { readonly frame: number; readonly prediction: number; readonly latest: number; readonly text: number }
export interface Relay { readonly port: number; /** Of the hop onto WebSockets. */ readonly lastPid: number; end(): Promise<void> }

export interface RelayWishes { readonly url: string; readonly publisher: Publisher; readonly feed: string; readonly stepUs: number; readonly symbols: number; readonly sizes: Sizes }

export async function startRelay(connection: Connection, { url, publisher, feed, stepUs, symbols, sizes }: RelayWishes): Promise<Relay> {
  const [frames, predictions, latest] = (['FRAMES', 'PREDICTIONS', 'LATEST'] as const).map((name) => ({ stream: `${feed}-${name}`, subject: `${feed}.${name}` })) as [Stored, Stored, Stored];
  for (const { stream, subject } of [frames, predictions, latest]) {
    await connection.jsm.streams.add({ name: stream, subjects: [subject, `${subject}.>`], storage: StorageType.File, max_msgs_per_subject: stream === latest.stream ? 1 : -1 });
  }
  const common = { url, publisher, stepUs, only: null };
  const hops: Hop[] = [
    { ...common, from: ticksStream(feed), only: clockSubject(feed), to: [frames.subject], bytes: sizes.frame },
    { ...common, from: frames.stream, to: [predictions.subject], bytes: sizes.prediction },
    { ...common, from: predictions.stream, to: Array.from({ length: symbols }, (_, i) => `${latest.subject}.${i}`), bytes: sizes.latest },
    { ...common, from: latest.stream, to: null, bytes: sizes.text },
  ];
  const children: ChildProcess[] = hops.map((hop) => fork(CHILD, [JSON.stringify(hop)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }));
  const ready = await Promise.all(children.map(async (child) => {
    const [said] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [{ port: number } | number | null];
    if (said === null || typeof said === 'number') throw new Error(`a process of the bare relay ended with ${said ?? 'a signal'} at its start`);
    return said;
  }));
  return {
    port: ready.at(-1)!.port,
    lastPid: children.at(-1)!.pid!,
    async end() {
      await Promise.all(children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }));
    },
  };
}
