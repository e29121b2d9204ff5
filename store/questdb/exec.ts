/**
 * Queries and DDL over QuestDB's HTTP /exec: JSON, one port for reading and writing, no driver. It has no bind parameters, so values
 * enter a text only through `literal`. Doubles and longs come as JSON numbers that round-trip; a double that is NaN comes as null.
 */
import type { QuestAddress } from './url.ts';
import { answerError, connectionError, isMissingTable } from './errors.ts';

/** Of silence, not of the whole answer: a long range may take its time, a link that is dead on the other side is noticed. */
export const SILENCE_MS = 10_000;

export type Cell = string | number | boolean | null;
export type Cells = Readonly<Record<string, Cell>>;

export interface Exec {
  /** Rows as arrays, in the order of the SELECT. A table that isn't there has none: nothing was recorded yet. Throws RetryError, RefusedError. */
  tuples(sql: string): Promise<readonly (readonly Cell[])[]>;
  /** Rows by column name, for few of them. */
  rows(sql: string): Promise<Cells[]>;
  /** A statement without rows. `isFine` judges a refusal by its text. */
  run(sql: string, isFine?: (text: string) => boolean): Promise<void>;
}

interface Answer { readonly columns?: readonly { readonly name: string }[]; readonly dataset?: readonly (readonly Cell[])[]; readonly error?: string }

/** A quote is doubled; QuestDB knows no other escape inside quotes. Numbers must be whole: they are times, sequences and limits. */
export function literal(value: string | number): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`;
  return String(Math.trunc(Math.min(Math.max(value, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER)));
}

export function createExec(address: QuestAddress): Exec {
  const { protocol, host, port, user, password, label } = address;
  const headers: Record<string, string> = user === '' ? {} : { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
  const ask = async (sql: string, isFine: (text: string) => boolean): Promise<Answer> => {
    const { status, text } = await get(`${protocol}://${host}:${port}/exec?nm=false&query=${encodeURIComponent(sql)}`, headers).catch((error: unknown) => {
      throw connectionError(label, error);
    });
    const answer = parsed(text);
    if (status === 200 && answer !== null && answer.error === undefined) return answer;
    const said = answer?.error ?? text;
    if (isFine(said)) return {};
    throw answerError(label, status, said);
  };
  return {
    tuples: async (sql) => (await ask(sql, isMissingTable)).dataset ?? [],
    async rows(sql) {
      const { columns = [], dataset = [] } = await ask(sql, isMissingTable);
      return dataset.map((cells) => Object.fromEntries(columns.map(({ name }, i) => [name, cells[i] ?? null])));
    },
    run: async (sql, isFine = () => false) => void (await ask(sql, isFine)),
  };
}

async function get(url: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error(`no answer for ${SILENCE_MS / 1_000} s`)), SILENCE_MS);
  try {
    const response = await fetch(url, { headers, signal: stop.signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      timer.refresh();
    }
    return { status: response.status, text: Buffer.concat(chunks).toString() };
  } finally {
    clearTimeout(timer);
  }
}

function parsed(text: string): Answer | null {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return null;
  }
}
