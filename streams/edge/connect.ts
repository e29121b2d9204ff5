/**
 * The connection to NATS. It reconnects for ever with jitter, and notices a half-open link within 15 s.
 * Publishes made while it is away are dropped by the client; acks.ts says so of appends once it is back.
 */
import { AuthorizationError, connect as dial, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { Config } from '../../runtime/config.ts';
import { messageOf, RefusedError, RetryError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Journal } from '../journal.ts';
import { inboxPrefix } from '../permissions.ts';
import { createAppend } from './acks.ts';
import { authOptions } from './credentials.ts';
import { createLostAnswers } from './lostAnswers.ts';
import { createNatsJournal } from './natsJournal.ts';
import { retryWhileAway } from './retry.ts';

export { apiErrorCode, retryWhileAway } from './retry.ts';

/** The journal, and the client behind it for what only NATS has: core subjects, KV, administration. */
export interface Connection extends Journal {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  close(): Promise<void>;
}

const PING_MS = 4_000;
const MAX_PINGS_OUT = 2;
/** A silent link is given up at the third ping, so after 8 to 12 s. */
export const DEAD_AFTER_MS = PING_MS * (MAX_PINGS_OUT + 1);
/** For a dial and its handshake: the client's own 20 s are lost whole when the network swallows the first bytes (tests/integration/network.test.ts). */
const DIAL_MS = 3_000;

/**
 * As the user `name`. Waits for the server for as long as it takes, or until `signal`: who is to leave while the server is away waits for
 * no answer any more, everything asked fails. The process ends when the client gives up for good.
 */
export async function connect(nats: Config['nats'], name: string, log: Log, signal?: AbortSignal): Promise<Connection> {
  const nc = await orStopped(dialPatiently({
    ...dialOptions(nats, name),
    maxReconnectAttempts: -1, waitOnFirstConnect: true, reconnectTimeWait: 200, reconnectJitter: 200, pingInterval: PING_MS, maxPingOut: MAX_PINGS_OUT, timeout: DIAL_MS,
  }), signal).catch((error: unknown) => {
    if (!(error instanceof AuthorizationError)) throw error;
    throw new RefusedError(`the NATS server at ${nats.url} does not let ${name} in: ${messageOf(error)}`, 'Check the user, password or key; for the server that foretick starts itself, stop it and start again with ./foretick up.', { cause: error });
  });
  let away = false;
  let closing = false;
  const leaveIfAway = (): void => {
    if (!away || closing || !signal?.aborted) return;
    closing = true;
    nc.close().catch(() => undefined);
  };
  signal?.addEventListener('abort', leaveIfAway);
  void (async () => {
    for await (const event of nc.status()) {
      if (event.type === 'disconnect') away = true;
      if (event.type === 'reconnect') away = false;
      leaveIfAway();
      if (event.type === 'disconnect' || event.type === 'reconnect') log.info({ nats: event.type }, 'nats connection');
      if (event.type === 'error') log.warn({ nats: event.type }, `nats: ${event.error.message}`);
    }
  })();
  void nc.closed().then((error) => {
    if (closing) return;
    log.error(`nats connection closed for good${error ? `: ${messageOf(error)}` : ''}`);
    process.exit(new RetryError('').exitCode);
  });
  const jsm = await retryWhileAway(() => jetstreamManager(nc, { checkAPI: false, timeout: 5_000 }));
  const js = jetstream(nc, { checkAPI: false, timeout: 5_000 });
  return {
    ...createNatsJournal({ nc, js, jsm, inboxPrefix: inboxPrefix(name), append: createAppend(nc, inboxPrefix(name)), lost: createLostAnswers(nc), log, isAway: () => away }), nc, js, jsm,
    close: async () => {
      closing = true;
      await Promise.race([nc.drain().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
      // A server that hangs leaves the drain open; only a closed client ends the requests that are still waited for.
      if (!nc.isClosed()) await Promise.race([nc.close().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
    },
  };
}

/** Throws RetryError when `signal` comes first. */
async function orStopped<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(new RetryError('stopped before the NATS server was there'));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  return Promise.race([promise, stopped.promise]).finally(() => signal.removeEventListener('abort', stop));
}

/** A slow link makes the server say "Authentication Timeout": no refusal, though the client takes it for one. */
async function dialPatiently(options: NodeConnectionOptions): Promise<NatsConnection> {
  for (;;) {
    try {
      return await dial(options);
    } catch (error) {
      if (!(error instanceof AuthorizationError) || !/timeout/i.test(error.message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, AUTH_RETRY_MS));
    }
  }
}

/** A tls:// address or a file for it means TLS or nothing. */
function dialOptions(nats: Config['nats'], name: string): NodeConnectionOptions {
  const tls = nats.tls ?? (nats.url.includes('tls://') ? {} : undefined);
  return { servers: nats.url.split(','), name, inboxPrefix: inboxPrefix(name), ...authOptions(nats.credentialsFile, name), ...(tls === undefined ? {} : { tls }) };
}

/** Why one attempt to connect fails, in the client's words; null when it succeeds. */
export async function whyNoConnection(nats: Config['nats'], name: string): Promise<string | null> {
  try {
    await (await dial({ ...dialOptions(nats, name), reconnect: false, timeout: DIAL_MS })).close();
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

const AUTH_RETRY_MS = 500;
/** What a close waits for an answer, ms. */
const DRAIN_MS = 1_000;
