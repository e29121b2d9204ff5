/** What the recorder tells of itself: metrics, the log, and its line in `status`. */
import { Counter, Gauge } from 'prom-client';
import type { ServiceContext } from '../../runtime/service.ts';
import type { StoreWatch } from '../../store/history.ts';
import type { Journal } from '../../streams/journal.ts';
import type { RecordEvents } from './record.ts';

/** Messages that can't be read are logged one by one up to here, then every thousandth. */
const LOGGED_SKIPS = 10;

export function createWatch({ metrics }: ServiceContext): StoreWatch {
  const registers = [metrics];
  const suspended = new Gauge({ name: 'foretick_store_suspended_tables', help: 'Tables of the store that take rows and do not apply them (QuestDB)', registers });
  const behind = new Gauge({ name: 'foretick_store_behind_transactions', help: 'Transactions that the store has taken and not yet applied, of the table furthest behind (QuestDB)', registers });
  return { suspended: (tables) => suspended.set(tables), behind: (transactions) => behind.set(transactions) };
}

export interface RecorderEvents extends RecordEvents {
  /** The store can be written, and holds each stream up to here. */
  opened(cursors: Readonly<Record<string, number>>): void;
}

export function createEvents({ metrics, log, report }: ServiceContext, journal: Pick<Journal, 'bounds'>): RecorderEvents {
  const registers = [metrics];
  const labelNames = ['stream'];
  const rows = new Counter({ name: 'foretick_recorder_rows_total', help: 'Rows written to the store', labelNames, registers });
  const skipped = new Counter({ name: 'foretick_recorder_skipped_total', help: 'Messages that could not be read, and were passed over', labelNames, registers });
  const lost = new Counter({ name: 'foretick_recorder_lost_total', help: 'Messages that retention took from the stream before they were recorded', labelNames, registers });
  const retries = new Counter({ name: 'foretick_recorder_retries_total', help: 'Writes that the store refused for the moment', registers });
  const up = new Gauge({ name: 'foretick_recorder_store_up', help: '1 while the store takes what is written', registers });
  const cursors = new Map<string, number>();
  new Gauge({ name: 'foretick_recorder_lag_messages', help: 'Messages that wait in the stream to be recorded', labelNames, registers, collect() { return askLag(this, journal, cursors); } });
  const skips = new Map<string, number>();
  let isAway = false;
  const isThere = (): void => {
    up.set(1);
    if (isAway) log.info('the store is back');
    if (isAway) report({ detail: '' });
    isAway = false;
  };
  return {
    opened(from) {
      for (const [stream, seq] of Object.entries(from)) cursors.set(stream, seq);
      isThere();
      report({ cursors: from });
    },
    written(stream, seq, count) {
      rows.inc({ stream }, count);
      cursors.set(stream, seq);
      isThere();
      report({ cursors: { [stream]: seq } });
    },
    skipped(stream, seq, why) {
      skipped.inc({ stream });
      const count = (skips.get(stream) ?? 0) + 1;
      skips.set(stream, count);
      if (count <= LOGGED_SKIPS || count % 1_000 === 0) log.warn({ stream, seq, skipped: count }, `passed over a message that can't be read: ${why}`);
    },
    lost(stream, from, to) {
      lost.inc({ stream }, to - from + 1);
      log.error({ stream, from, to }, `${to - from + 1} messages were gone before they were recorded: the history has a hole. Raise the stream's limits, or keep the recorder running.`);
    },
    away(why, retryMs) {
      retries.inc();
      up.set(0);
      if (!isAway) log.warn(`the store is away: ${why}; what comes meanwhile waits in the streams`);
      isAway = true;
      report({ detail: `the store is away (${why}); tried again in ${retryMs} ms, nothing is lost meanwhile` });
    },
  };
}

/** Asked when somebody reads the metrics. A server that doesn't answer leaves the last figure. */
async function askLag(gauge: Gauge<'stream'>, journal: Pick<Journal, 'bounds'>, cursors: ReadonlyMap<string, number>): Promise<void> {
  await Promise.all([...cursors.keys()].map(async (stream) => {
    const bounds = await journal.bounds(stream).catch(() => null);
    if (bounds !== null) gauge.set({ stream }, Math.max(0, bounds.lastSeq - cursors.get(stream)!));
  }));
}
