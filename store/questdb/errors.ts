/** What QuestDB says, in plain words and as what to do: wait and repeat, or refuse. */
import { ForetickError, messageOf, RefusedError, RetryError } from '../../runtime/errors.ts';

const FULL = /no space left|disk (is )?full|could not (append|allocate|mmap)|errno=28\b/i;

/** From an HTTP answer that isn't a success. */
export function answerError(label: string, status: number, text: string): ForetickError {
  const said = text.slice(0, 300);
  if (status === 401 || status === 403) return new RefusedError(`${label} refuses this user or password`, 'Write them into the address: questdb:http://USER:PASSWORD@HOST:PORT. The server has them in server.conf, http.user and http.password.');
  if (FULL.test(text)) return new RetryError(`${label}: its disk is full (${said})`, 'Free some space on that machine; writing goes on by itself.');
  if (/suspended/i.test(text)) return new RetryError(`${label}: a table is suspended (${said})`, 'See wal_tables() for the reason, mend it, then ALTER TABLE … RESUME WAL.');
  if (status >= 500 || status === 429 || /timeout|busy|could not lock|table is locked|out of memory|too many/i.test(text)) return new RetryError(`${label} can't answer for the moment (${status}: ${said})`, 'It is tried again. If this stays, look into the log of the server.');
  return new RefusedError(`${label} refused a request (${said})`, 'Is this a QuestDB 9, and are its tables as foretick made them? Nothing of this batch counts as written.');
}

/** From a request that got no answer: refused, reset, timed out. */
export const connectionError = (label: string, error: unknown): ForetickError => (error instanceof ForetickError ? error : new RetryError(
  `${label} is away (${[messageOf(error), ...(error instanceof Error && error.cause !== undefined ? [messageOf(error.cause)] : [])].join(': ')})`,
  'It is tried again. Start the server, or check the address after --store.', { cause: error }));

export const isMissingTable = (text: string): boolean => /table does not exist/i.test(text);
