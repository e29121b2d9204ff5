/**
 * The journal port: what the services' own logic asks of JetStream, one request a method, nothing repeated or hidden.
 * Adapters: NATS (streams/edge/natsJournal.ts) and in memory, with faults (tests/simulation/link.ts). Both pass journal.conformance.ts.
 *
 * A request that throws an error with a numeric `code` from 10,000 on was answered by the server: refused, nothing done.
 * Any other error leaves open whether it was done: who asks must read back, or ask for something that may be repeated.
 */
import type { Log } from '../runtime/log.ts';

export interface StoredMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  header(name: string): string | undefined;
}

export interface AppendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Refused (10071) unless this is the stream's last sequence. */
  readonly expectLastSeq?: number;
  /** Refused (10071) unless this is the subject's last sequence; 0: it holds nothing. */
  readonly expectLastSubjectSeq?: number;
  readonly timeoutMs: number;
}

/** `deliverySeq` counts what the reader was sent, from 1: a hole means that something was lost on the way. */
export interface Delivered extends StoredMessage { readonly deliverySeq: number }

/** A cursor on the server. It is disposable: it may be gone at any moment. */
export interface JournalReader {
  /** Messages that matched and were not delivered when this was opened. */
  readonly pending: number;
  /** What has arrived, never nothing. Ends when as many came, or when the server has answered; throws when the reader or the connection is lost. */
  pull(limit: PullLimit, expiresMs: number, signal?: AbortSignal): AsyncIterable<readonly Delivered[]>;
  /** Messages that match and were not delivered yet; null when the reader is gone. */
  waiting(): Promise<number | null>;
  close(): void;
}
/** By bytes it is also at most a hundred messages. A message must fit. */
export type PullLimit = { readonly messages: number } | { readonly bytes: number };

export type ReadFrom = { readonly fromSeq: number; readonly filterSubjects?: readonly string[] } | { readonly lastPerSubject: string };

/** Whole or not there. */
export interface Objects {
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** null when there is none of that name, or it is damaged (which the log says). */
  get(name: string): Promise<Uint8Array | null>;
}

export interface Journal {
  /** Of the service that connected. */
  readonly log: Log;
  /** True after a disconnect until the connection is back. */
  isAway(): boolean;
  /** The sequence under which it was stored. */
  append(subject: string, body: Uint8Array, options: AppendOptions): Promise<number>;
  /** Of the stream's leader, never stale. null when the subject holds none. */
  lastOf(stream: string, subject: string): Promise<StoredMessage | null>;
  /** null when it was never stored, or is gone. */
  at(stream: string, seq: number): Promise<StoredMessage | null>;
  /** {1, 0} for a stream that never held anything; first = last + 1 when everything was removed. */
  bounds(stream: string): Promise<{ readonly firstSeq: number; readonly lastSeq: number }>;
  openReader(stream: string, from: ReadFrom): Promise<JournalReader>;
  openBucket(bucket: string): Promise<Objects>;
}
