/**
 * Appends whose acks come to one inbox: a map and one timer for all. The client's own publish makes three errors, a race of promises and a
 * timer for each message, which was a quarter of a source's time (docs/DECISIONS.md, 71).
 */
import { JetStreamApiError, PubHeaders } from '@nats-io/jetstream';
import { ClosedConnectionError, ConnectionError, createInbox, type Msg, type MsgHdrs, MsgHdrsImpl, type NatsConnection, NoRespondersError, PermissionViolationError, TimeoutError } from '@nats-io/transport-node';
import type { AppendOptions } from '../journal.ts';

/** A time-out is noticed at most this much later, ms. */
const SWEEP_MS = 50;
const NO_RESPONDERS = 503;

export type Append = (subject: string, body: Uint8Array, options: AppendOptions) => Promise<number>;

/** Who appends bounds how many are waited for. Answers are heard under `prefix`, as the user's permissions allow. */
export function createAppend(nc: NatsConnection, prefix: string): Append {
  const unanswered = createUnanswered();
  let inbox: string | null = null;

  const openInbox = (): string => {
    const subject = createInbox(prefix);
    nc.subscribe(`${subject}.*`, {
      callback: (error, message) => {
        if (error === null) {
          const one = unanswered.take(message.subject.slice(subject.length + 1));
          if (one !== undefined) settle(one, message);
          return;
        }
        // The server doesn't let us hear answers; the client has dropped the subscription.
        inbox = null;
        unanswered.fail(() => true, error);
      },
    });
    return subject;
  };
  void (async () => {
    for await (const event of nc.status()) {
      // Their acks went with the old connection, and the client has dropped what it was given in between: read back now, not when they are late.
      if (event.type === 'reconnect') unanswered.fail(() => true, new ConnectionError('the connection was lost before the answer came'));
      if (event.type !== 'error' || !(event.error instanceof PermissionViolationError) || event.error.operation !== 'publish') continue;
      const denied = event.error.subject;
      unanswered.fail(({ subject }) => subject === denied, event.error);
    }
    unanswered.fail(() => true, new ClosedConnectionError());
  })();

  return (subject, body, options) => new Promise((stored, failed) => {
    inbox ??= openInbox();
    const token = unanswered.add({ subject, deadline: performance.now() + options.timeoutMs, stored, failed });
    try {
      nc.publish(subject, body, { reply: `${inbox}.${token}`, ...headersOf(options) });
    } catch (error) {
      unanswered.take(token);
      failed(error as Error);
    }
  });
}

interface Sent {
  readonly subject: string;
  /** By performance.now(). */
  readonly deadline: number;
  readonly stored: (seq: number) => void;
  readonly failed: (error: Error) => void;
}

/** What was sent and has no answer yet, by the last part of its reply subject. */
function createUnanswered() {
  const all = new Map<string, Sent>();
  let count = 0;
  let timer: NodeJS.Timeout | null = null;

  const fail = (concerns: (one: Sent) => boolean, error: Error): void => {
    for (const [token, one] of all) {
      if (!concerns(one)) continue;
      all.delete(token);
      one.failed(error);
    }
  };
  const sweep = (): void => {
    const now = performance.now();
    fail(({ deadline }) => deadline <= now, new TimeoutError());
    timer = all.size === 0 ? null : setTimeout(sweep, SWEEP_MS);
  };
  return {
    fail,
    add(one: Sent): string {
      const token = (count++).toString(36);
      all.set(token, one);
      timer ??= setTimeout(sweep, SWEEP_MS);
      return token;
    },
    take(token: string): Sent | undefined {
      const one = all.get(token);
      all.delete(token);
      return one;
    },
  };
}

function headersOf({ headers, expectLastSeq, expectLastSubjectSeq }: AppendOptions): { readonly headers?: MsgHdrs } {
  if (headers === undefined && expectLastSeq === undefined && expectLastSubjectSeq === undefined) return {};
  const record: Record<string, string[]> = {};
  for (const name in headers) {
    // The client looks for this in what is set one by one; a header of a model's name comes from outside.
    if (/[\r\n]/.test(headers[name]!)) throw new Error(`the header ${name} has a line break`);
    record[name] = [headers[name]!];
  }
  if (expectLastSeq !== undefined) record[PubHeaders.ExpectedLastSeqHdr] = [String(expectLastSeq)];
  if (expectLastSubjectSeq !== undefined) record[PubHeaders.ExpectedLastSubjectSequenceHdr] = [String(expectLastSubjectSeq)];
  return { headers: MsgHdrsImpl.fromRecord(record) };
}

const decoder = new TextDecoder();

function settle({ subject, stored, failed }: Sent, { data, headers }: Msg): void {
  if (data.length === 0 && headers?.code === NO_RESPONDERS) return failed(new NoRespondersError(subject));
  let answer: { seq?: unknown; error?: ConstructorParameters<typeof JetStreamApiError>[0] };
  try {
    answer = JSON.parse(decoder.decode(data)) as typeof answer;
  } catch (cause) {
    return failed(new Error(`${subject}: the server's answer is no JSON`, { cause }));
  }
  if (answer.error !== undefined) return failed(new JetStreamApiError(answer.error));
  if (!Number.isSafeInteger(answer.seq)) return failed(new Error(`${subject}: the server's answer has no sequence`));
  stored(answer.seq as number);
}
