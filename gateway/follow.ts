/** What the gateway hears all the time: LATEST into the hub, and what the services say of themselves onto the board. */
import type { WallClock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { readStream } from '../streams/edge/consume.ts';
import { healthSubject } from '../streams/edge/health.ts';
import { parseLatestPrediction, parseLatestPrice, parseLatestScore } from '../streams/messages/latest.ts';
import { decodeJson } from '../streams/parse.ts';
import { LATEST } from '../streams/streams.ts';
import type { HealthBoard } from './healthBoard.ts';
import type { Hub, LatestValue } from './hub.ts';
import type { LatestKind } from '../streams/subjects.ts';

const PARSERS: Readonly<Record<LatestKind, (bytes: Uint8Array) => LatestValue>> = { price: parseLatestPrice, prediction: parseLatestPrediction, score: parseLatestScore };
const isKind = (text: string): text is LatestKind => Object.hasOwn(PARSERS, text);
/** Log lines about unreadable messages; the counter goes on. */
const MAX_COMPLAINTS = 20;

/**
 * From the beginning of LATEST, which holds one message a subject: so first what stands there, then what comes. `keep` gets its text too.
 * An unreadable message is skipped, for a later one of its subject replaces it.
 */
export async function followLatest(
  connection: Connection, hub: Hub, keep: (update: { subject: string; body: Uint8Array }) => void, signal: AbortSignal, log: Log, onUnreadable: () => void,
): Promise<void> {
  let complaints = 0;
  for await (const { subject, data } of readStream(connection, { stream: LATEST, fromSeq: 1, signal })) {
    const [, kind = '', venue, symbol] = subject.split('.');
    if (!isKind(kind)) continue;
    try {
      hub.update(kind, `${venue}.${symbol}`, PARSERS[kind](data));
      keep({ subject, body: data });
    } catch (error) {
      onUnreadable();
      if (++complaints <= MAX_COMPLAINTS) log.warn({ subject }, `skipped: ${messageOf(error)}`);
    }
  }
}

export function followHealth(connection: Connection, board: HealthBoard, clock: WallClock): void {
  connection.nc.subscribe(healthSubject('*'), {
    callback: (_error, message) => {
      try {
        board.take(decodeJson(message.data, 'health'), clock.nowUs());
      } catch {
        // Not JSON: not one of ours. What it should have said shows as silence.
      }
    },
  });
}
