/**
 * The connection to NATS. It reconnects for ever with jitter, and notices a half-open link within 15 s.
 * Publishes made while it is away are held by the client, so every publisher here keeps a bounded window.
 */
import { readFileSync } from 'node:fs';
import { connect as dial, type NatsConnection } from '@nats-io/transport-node';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { Config } from '../../runtime/config.ts';
import { messageOf, RetryError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';

export interface Connection {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** Of the service that connected. */
  readonly log: Log;
  /** True after a disconnect until the client is back. */
  isAway(): boolean;
  close(): Promise<void>;
}

/** Waits for the server for as long as it takes. The process ends when the client gives up for good. */
export async function connect(nats: Config['nats'], name: string, log: Log): Promise<Connection> {
  const credentials = nats.credentialsFile === null ? {} : (JSON.parse(readFileSync(nats.credentialsFile, 'utf8')) as { user: string; pass: string });
  const nc = await dial({
    servers: nats.url.split(','), name, ...credentials,
    maxReconnectAttempts: -1, waitOnFirstConnect: true, reconnectTimeWait: 200, reconnectJitter: 200, pingInterval: 5_000, maxPingOut: 2,
  });
  let away = false;
  let closing = false;
  void (async () => {
    for await (const event of nc.status()) {
      if (event.type === 'disconnect') away = true;
      if (event.type === 'reconnect') away = false;
      if (event.type === 'disconnect' || event.type === 'reconnect' || event.type === 'error') log.info({ nats: event.type }, 'nats connection');
    }
  })();
  void nc.closed().then((error) => {
    if (closing) return;
    log.error(`nats connection closed for good${error ? `: ${messageOf(error)}` : ''}`);
    process.exit(new RetryError('').exitCode);
  });
  const jsm = await retryWhileAway(() => jetstreamManager(nc, { checkAPI: false, timeout: 5_000 }));
  return {
    nc, js: jetstream(nc, { timeout: 5_000 }), jsm, log,
    isAway: () => away,
    close: async () => {
      closing = true;
      await Promise.race([nc.drain().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
      // A server that hangs leaves the drain open; only a closed client ends the requests that are still waited for.
      if (!nc.isClosed()) await Promise.race([nc.close().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref())]);
    },
  };
}

/** What a close waits for an answer, ms. */
const DRAIN_MS = 1_000;
const RETRY_MS = 200;
/** The client was closed by us: nothing asked of it will ever be answered. */
const GONE = new Set(['ClosedConnectionError', 'DrainingConnectionError']);

/** Repeats an idempotent request until it is answered. A refusal by the server (an API error code) is thrown; so is a closed client. */
export async function retryWhileAway<T>(request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (isRefusal(error) || isGone(error)) throw error;
      if (signal?.aborted) throw new RetryError('stopped while the server was away', '', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** The server's own error code (10059 stream not found, 10071 wrong last sequence, …), or 0. */
export const apiErrorCode = (error: unknown): number => {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'number' ? code : 0;
};
const isGone = (error: unknown): boolean => error instanceof Error && (GONE.has(error.name) || (error.cause instanceof Error && GONE.has(error.cause.name)));
/** 10008: JetStream is not ready (yet); 5xx: overloaded or starting. Everything else with a code is an answer. */
const isRefusal = (error: unknown): boolean => {
  const code = apiErrorCode(error);
  return code >= 10_000 && code !== 10_008 && code !== 10_039;
};
