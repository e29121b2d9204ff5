/**
 * A stream as the server's own snapshot, and back: messages with their sequences, times and headers, no consumers.
 * The snapshot is of one moment, however much is written meanwhile. Each chunk is acknowledged when it was taken, so at
 * most a window of them waits in memory.
 */
import { createInbox, type Msg } from '@nats-io/transport-node';
import { CorruptError, messageOf, RetryError } from '../../runtime/errors.ts';
import { inboxPrefix } from '../permissions.ts';
import type { Connection } from './connect.ts';

/** As the server describes it: its configuration, and its state at that moment. Given back to it unread, but for the copies. */
export interface StreamDescription { readonly config: Readonly<Record<string, unknown>>; readonly state: Readonly<Record<string, unknown>> }

const CHUNK_BYTES = 128 * 1024;
/** A leader that dies takes its snapshot along: nothing comes any more. */
const SILENCE_MS = 10_000;
const ANSWER_MS = 30_000;
const DONE = 204;

interface ApiAnswer { readonly error?: { readonly err_code: number; readonly description: string } }

/** Throws RetryError when the server stops in the middle. */
export async function snapshotStream(connection: Connection, stream: string, take: (chunk: Uint8Array) => void): Promise<StreamDescription> {
  const ended = Promise.withResolvers<void>();
  const broken = (why: string): void => ended.reject(new RetryError(`the snapshot of ${stream} broke off: ${why}`, 'Try again.'));
  let timer: NodeJS.Timeout | undefined;
  const listen = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => broken(`nothing came for ${SILENCE_MS / 1_000} s`), SILENCE_MS);
  };
  const onMessage = (error: Error | null, message: Msg): void => {
    if (error !== null) return broken(messageOf(error));
    if (message.data.length === 0) return isDone(message) ? ended.resolve() : broken(`${message.headers?.code} ${message.headers?.description}`);
    try {
      take(message.data);
    } catch (cause) {
      return ended.reject(cause);
    }
    listen();
    if (message.reply) connection.nc.publish(message.reply);
  };
  ended.promise.catch(() => undefined); // awaited below
  const inbox = createInbox(inboxPrefix('cli'));
  const subscription = connection.nc.subscribe(inbox, { callback: onMessage });
  try {
    listen();
    const answer = await ask<ApiAnswer & StreamDescription>(connection, `$JS.API.STREAM.SNAPSHOT.${stream}`, { deliver_subject: inbox, no_consumers: true, chunk_size: CHUNK_BYTES, jsck: true });
    if (answer.error !== undefined) throw new RetryError(`${stream} gives no snapshot: ${answer.error.description}`, 'Try again; ./foretick status says how the server is.');
    await ended.promise;
    return { config: answer.config, state: answer.state };
  } finally {
    clearTimeout(timer);
    subscription.unsubscribe();
  }
}

const isDone = (message: Msg): boolean => message.headers === undefined || message.headers.code === DONE || message.headers.code === 0;

/** Makes the stream, which must not be there. Throws CorruptError when the server finds the snapshot damaged. */
export async function restoreStream(connection: Connection, stream: string, { config, state }: StreamDescription, replicas: number, chunks: Iterable<Uint8Array>): Promise<void> {
  const opened = await ask<ApiAnswer & { deliver_subject: string }>(connection, `$JS.API.STREAM.RESTORE.${stream}`, { config: { ...config, num_replicas: replicas }, state });
  mustBeTaken(stream, opened);
  for (const chunk of chunks) {
    const { data } = await connection.nc.request(opened.deliver_subject, chunk, { timeout: ANSWER_MS });
    if (data.length > 0) mustBeTaken(stream, JSON.parse(new TextDecoder().decode(data)) as ApiAnswer);
  }
  const { data } = await connection.nc.request(opened.deliver_subject, '', { timeout: ANSWER_MS });
  mustBeTaken(stream, JSON.parse(new TextDecoder().decode(data)) as ApiAnswer);
}

function mustBeTaken(stream: string, { error }: ApiAnswer): void {
  if (error !== undefined) throw new CorruptError(`the server does not take the snapshot of ${stream}: ${error.description}`, 'Use another backup.');
}

async function ask<T>(connection: Connection, subject: string, body: object): Promise<T> {
  return (await connection.nc.request(subject, JSON.stringify(body), { timeout: ANSWER_MS })).json<T>();
}
