/** Structured logs: one JSON line each on standard output, with the service's name. Secrets never reach a log call. */
import { pino } from 'pino';

export type Log = Pick<import('pino').Logger, 'debug' | 'info' | 'warn' | 'error'>;

export const createLog = (service: string, level = 'info'): Log =>
  pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, redact: ['pass', 'token', 'password', '*.pass', '*.token', '*.password'] });
