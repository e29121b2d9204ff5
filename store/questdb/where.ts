/** Parts of a query that every range has. */
import { literal } from './exec.ts';
import { TIME } from './tables.ts';

/** Not BETWEEN: QuestDB's swaps bounds that stand the wrong way round, and an empty range must stay empty. It refuses times before 1970, where nothing is. */
export const within = (column: string, from: number, to: number): string => `"${column}" >= ${literal(Math.max(0, from))} AND "${column}" <= ${literal(Math.max(0, to))}`;
/** Newest first: QuestDB bounds a LIMIT from the end (−n) to 10,000. */
export const newest = (limit: number): string => `ORDER BY "${TIME}" DESC LIMIT ${literal(limit)}`;
