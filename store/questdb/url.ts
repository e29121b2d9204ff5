/**
 * `questdb:http://USER:PASSWORD@HOST:PORT/NAME`: one history on a QuestDB server. NAME (default `foretick`) begins the names of its
 * tables, so that several pipelines share a server. It has letters and digits only: no history's name begins another's tables.
 */
import { RefusedError } from '../../runtime/errors.ts';

export interface QuestAddress {
  readonly protocol: 'http' | 'https'; readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly name: string;
  /** For messages: never with the password. */
  readonly label: string;
}

const DEFAULT_PORT = 9_000;
const HINT = 'Write questdb:http://USER:PASSWORD@HOST:9000, and /NAME behind it where several pipelines share the server.';

/** Throws RefusedError. */
export function parseQuestUrl(text: string): QuestAddress {
  const refuse = (why: string): never => {
    throw new RefusedError(`the address of the QuestDB store ${why}`, HINT);
  };
  const inner = text.replace(/^questdb:/i, '');
  if (!URL.canParse(inner)) return refuse('cannot be read');
  const url = new URL(inner);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse('is not http or https');
  if (url.search !== '' || url.hash !== '') return refuse('has something behind its path');
  const name = url.pathname.slice(1) || 'foretick';
  if (!/^[a-z][a-z0-9]{0,30}$/.test(name)) return refuse(`names the history "${name}": only a to z and digits, a letter first, at most 31`);
  const port = url.port === '' ? DEFAULT_PORT : Number(url.port);
  return {
    protocol: url.protocol === 'https:' ? 'https' : 'http', host: url.hostname, port, user: decoded(url.username, refuse), password: decoded(url.password, refuse),
    name, label: `QuestDB at ${url.hostname}:${port}`,
  };
}

function decoded(text: string, refuse: (why: string) => never): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('has a stray % in its user or password');
  }
}
