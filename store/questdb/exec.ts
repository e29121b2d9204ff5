/**
 * Queries and DDL over QuestDB's HTTP /exec: JSON, one port for reading and writing, no driver. It has no bind parameters, so values
 * enter a text only through `literal`. Doubles and longs come as JSON numbers that round-trip; a double that is NaN comes as null.
 */
import type { QuestAddress } from './url.ts';
import { answerError, connectionError, isMissingTable } from './errors.ts';

const TIMEOUT_MS = 30_000;

export type Cell = string | number | boolean | null;
export type Cells = Readonly<Record<string, Cell>>;

export interface Exec {
  /** Rows by column name. A table that isn't there has none: nothing was recorded yet. Throws RetryError, RefusedError. */
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
    let status: number;
    let text: string;
    try {
      const response = await fetch(`${protocol}://${host}:${port}/exec?nm=false&query=${encodeURIComponent(sql)}`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
      status = response.status;
      text = await response.text();
    } catch (error) {
      throw connectionError(label, error);
    }
    const answer = parsed(text);
    if (status === 200 && answer !== null && answer.error === undefined) return answer;
    const said = answer?.error ?? text;
    if (isFine(said)) return {};
    throw answerError(label, status, said);
  };
  return {
    async rows(sql) {
      const { columns = [], dataset = [] } = await ask(sql, isMissingTable);
      return dataset.map((cells) => Object.fromEntries(columns.map(({ name }, i) => [name, cells[i] ?? null])));
    },
    run: async (sql, isFine = () => false) => void (await ask(sql, isFine)),
  };
}

function parsed(text: string): Answer | null {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return null;
  }
}
