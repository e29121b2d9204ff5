/** What a failed request means, and repeating one until it is answered. */
import { messageOf, RefusedError, RetryError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';

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
      const denial = denialOf(error);
      if (denial !== null) throw denial;
      if (signal?.aborted) throw new RetryError('stopped while the server was away', '', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** What to throw when the server's permissions forbid it, however often it is tried; null for any other error. */
export function denialOf(error: unknown): RefusedError | null {
  const denied = [error, (error as { cause?: unknown }).cause].find((candidate) => candidate instanceof Error && candidate.name === 'PermissionViolationError') as { operation?: string; subject?: string } | undefined;
  return denied === undefined ? null : new RefusedError(`the NATS server does not allow ${denied.operation} ${denied.subject}`, 'The user needs that permission: docs/OPERATIONS.md lists what each service may do.', { cause: error });
}

/** The server's own error code (10059 stream not found, 10071 wrong last sequence, …), or 0. */
export const apiErrorCode = (error: unknown): number => {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'number' ? code : 0;
};

/** A wrong expected sequence; the same while another append of that subject is under way (sometimes wrongly). */
const FENCE = new Set([10_071, 10_164]);
/** Nobody's message is stored for the moment: no memory, no space. */
const NO_ROOM = new Set([10_023, 10_028, 10_047, 10_077]);

/** What to throw when an append failed for good: denied, or refused by its stream. null: read back, or send it again. */
export function refusalOf(error: unknown, subject: string): RefusedError | null {
  const code = apiErrorCode(error);
  if (!isRefusal(error) || FENCE.has(code) || NO_ROOM.has(code)) return denialOf(error);
  return new RefusedError(`${subject}: the NATS server refuses the message: ${messageOf(error)} (${code})`, 'Compare the limits of its stream with what `foretick up` sets; a stream that somebody changed or sealed is not written to.', { cause: error });
}

/** Tells once that the server can't store for the moment, and once that it can again. */
export function createStoringLog(log: Log, subject: string): { failed(error: unknown): void; stored(): void } {
  let told = false;
  return {
    failed(error) {
      if (told || !NO_ROOM.has(apiErrorCode(error))) return;
      told = true;
      log.error({ subject, hint: 'See the disk and the memory of the NATS server. Nothing is lost meanwhile: the message is sent until it is stored.' }, `the NATS server stores nothing: ${messageOf(error)}`);
    },
    stored() {
      if (told) log.info({ subject }, 'the NATS server stores again');
      told = false;
    },
  };
}

const isGone = (error: unknown): boolean => error instanceof Error && (GONE.has(error.name) || (error.cause instanceof Error && GONE.has(error.cause.name)));

/** Nothing was decided: JetStream is not ready, or the cluster has no leader at the moment (10004 to 10009), or the account is not there yet. */
const UNDECIDED = new Set([10_004, 10_005, 10_006, 10_007, 10_008, 10_009, 10_039]);
/** An answer by the server that would be the same again. */
const isRefusal = (error: unknown): boolean => apiErrorCode(error) >= 10_000 && !UNDECIDED.has(apiErrorCode(error));
