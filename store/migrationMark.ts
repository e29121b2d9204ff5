/** How far a migration came, as a cursor of the history that it fills: written with the rows it speaks for. */
import { createHash } from 'node:crypto';

const PREFIX = 'MIGRATION-';

/** `source` is the URL of the history that the rows come from. Its user and password don't count: they may change while it goes on. */
export const migrationMark = (source: string, what: string): string => `${PREFIX}${createHash('sha256').update(source.replace(/\/\/[^/@]*@/, '//')).digest('hex').slice(0, 12)}-${what}`;
export const isMigrationMark = (stream: string): boolean => stream.startsWith(PREFIX);
