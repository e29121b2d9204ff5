/**
 * What stands in LATEST, in memory, and who wants to hear of it. Pure: sockets, timers and the clock stay outside.
 *
 * 1. A reader is owed things, not messages (hubConnection.ts): however slow it is, it costs a bounded amount of memory.
 * 2. What is sent is the newest value at the moment of sending. A slow reader misses values in between; it never sees an
 *    older value after a newer one, and always ends with the newest.
 * 3. Each value is encoded once, however many read it.
 */
import type { HealthInfo, ServerMessage } from '../sdk/api.ts';
import type { InstrumentId } from '../streams/instrument.ts';
import type { LatestPrediction, LatestPrice, LatestScore } from '../streams/messages/latest.ts';
import type { LatestKind } from '../streams/subjects.ts';
import { createConnection, type Connection, type HubConnection, type Owed, type Sink, type World } from './hubConnection.ts';

export interface Latest { readonly price: LatestPrice | null; readonly prediction: LatestPrediction | null; readonly score: LatestScore | null }
export type LatestValue = LatestPrice | LatestPrediction | LatestScore;
export interface Hub {
  readonly size: number;
  latest(instrument: InstrumentId): Latest;
  /** Values of instruments that this hub doesn't serve are ignored. */
  update(kind: LatestKind, instrument: InstrumentId, value: LatestValue): void;
  setHealth(value: HealthInfo): void;
  connect(sink: Sink): HubConnection;
  flush(): void;
}

const NOTHING: Latest = { price: null, prediction: null, score: null };

/** `onOwed` is called when something became owed to somebody: the moment to schedule a flush. */
export function createHub(instruments: readonly InstrumentId[], onOwed: () => void): Hub {
  const known = new Set(instruments);
  const values = new Map<InstrumentId, Latest>();
  /** Of values that somebody was told since they changed. */
  const texts = new Map<Owed, string>();
  const connections = new Set<Connection>();
  let healthText: string | null = null;

  const latest = (instrument: InstrumentId): Latest => values.get(instrument) ?? NOTHING;
  const world: World = {
    known, latest, onOwed,
    textOf(kind, instrument) {
      const key: Owed = `${kind}/${instrument}`;
      const text = texts.get(key) ?? JSON.stringify({ type: kind, instrument, value: latest(instrument)[kind] });
      texts.set(key, text);
      return text;
    },
    healthText: () => healthText,
    leave: (connection) => void connections.delete(connection),
  };

  return {
    get size() {
      return connections.size;
    },
    latest,
    update(kind, instrument, value) {
      if (!known.has(instrument)) return;
      const owed: Owed = `${kind}/${instrument}`;
      values.set(instrument, { ...latest(instrument), [kind]: value });
      texts.delete(owed);
      for (const connection of connections) connection.changed(kind, instrument);
    },
    setHealth(value) {
      healthText = JSON.stringify({ type: 'health', value } satisfies ServerMessage);
      for (const connection of connections) connection.oweHealth();
    },
    connect(sink) {
      const connection = createConnection(sink, world);
      connections.add(connection);
      if (healthText !== null) connection.oweHealth();
      return connection;
    },
    flush() {
      for (const connection of connections) connection.flush();
    },
  };
}
