/** Structured logs: one JSON line each on standard output, with the service's name. Secrets never reach a log call. */
import { pino } from 'pino';

export type Log = Pick<import('pino').Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** Written at once: what pino keeps for later it tries to write for ever at the process's end where nobody reads any more (sonic-boom 4.2.1, EPIPE). */
export const createLog = (service: string, level = 'info'): Log =>
  pino({ level, base: { service }, timestamp: pino.stdTimeFunctions.isoTime, redact: ['pass', 'token', 'password', '*.pass', '*.token', '*.password'] }, pino.destination({ dest: 1, sync: true }));
