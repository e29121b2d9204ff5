/**
 * What stands in LATEST, in memory, and who wants to hear of it. Pure: sockets, timers and the clock stay outside.
 *
 * 1. A reader is owed things, not messages: per connection the set of (kind, instrument) that changed since it was last
 *    told. However slow it is, it costs at most three entries for each of its instruments, and a snapshot replaces them all.
 * 2. What is sent is the newest value at the moment of sending. A slow reader misses values in between; it never sees an
 *    older value after a newer one, and always ends with the newest.
 * 3. Nothing of an instrument is sent before the snapshot of the subscription that asked for it.
 * 4. Each value is encoded once, whoever many read it.
 */
import type { ClientMessage, HealthInfo, ServerMessage } from '../sdk/api.ts';
import { clientMessage } from '../sdk/api.ts';
import type { InstrumentId } from '../streams/instrument.ts';
import type { LatestPrediction, LatestPrice, LatestScore } from '../streams/messages/latest.ts';
import type { LatestKind } from '../streams/subjects.ts';

/** After this many refused messages a connection is ended: its program doesn't speak our language. */
export const MAX_REFUSALS = 20;

export interface Latest { readonly price: LatestPrice | null; readonly prediction: LatestPrediction | null; readonly score: LatestScore | null }
export type LatestValue = LatestPrice | LatestPrediction | LatestScore;

/** Where a connection's messages go. */
export interface Sink {
  /** False while the reader is behind; `flush` is called again when it has caught up. */
  hasRoom(): boolean;
  send(text: string): void;
  end(why: string): void;
}
export interface HubConnection {
  /** A message of the client, as text. Anything wrong is answered with `refused`. */
  receive(text: string): void;
  /** Sends what is owed while there is room. */
  flush(): void;
  close(): void;
}
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

interface Cell { value: LatestValue; text: string | null }
type Owed = `${LatestKind}/${InstrumentId}`;

/** `onOwed` is called when something became owed to somebody: the moment to schedule a flush. */
export function createHub(instruments: readonly InstrumentId[], onOwed: () => void): Hub {
  const known = new Set(instruments);
  const cells = new Map<Owed, Cell>();
  const connections = new Set<Connection>();
  let healthText: string | null = null;

  const valueOf = (kind: LatestKind, instrument: InstrumentId): LatestValue | null => cells.get(`${kind}/${instrument}`)?.value ?? null;
  const latest = (instrument: InstrumentId): Latest =>
    known.has(instrument)
      ? { price: valueOf('price', instrument) as LatestPrice | null, prediction: valueOf('prediction', instrument) as LatestPrediction | null, score: valueOf('score', instrument) as LatestScore | null }
      : NOTHING;
  const world: World = {
    known, latest, onOwed,
    textOf: (owed) => {
      const cell = cells.get(owed)!;
      const slash = owed.indexOf('/');
      return (cell.text ??= JSON.stringify({ type: owed.slice(0, slash), instrument: owed.slice(slash + 1), value: cell.value }));
    },
    health: () => healthText,
    leave: (connection) => connections.delete(connection),
  };

  return {
    get size() {
      return connections.size;
    },
    latest,
    update(kind, instrument, value) {
      if (!known.has(instrument)) return;
      const owed: Owed = `${kind}/${instrument}`;
      cells.set(owed, { value, text: null });
      for (const connection of connections) connection.changed(owed, instrument);
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

interface World {
  readonly known: ReadonlySet<InstrumentId>;
  latest(instrument: InstrumentId): Latest;
  textOf(owed: Owed): string;
  health(): string | null;
  leave(connection: Connection): void;
  onOwed(): void;
}
interface Connection extends HubConnection {
  changed(owed: Owed, instrument: InstrumentId): void;
  oweHealth(): void;
}

function createConnection(sink: Sink, world: World): Connection {
  let wanted: ReadonlySet<InstrumentId> = new Set();
  const owed = new Set<Owed>();
  const due = { snapshot: false, health: false, pong: false, refusal: null as string | null };
  let refusals = 0;
  let open = true;

  const subscribe = (instruments: readonly InstrumentId[]): void => {
    const all = instruments.includes('*');
    const unknown = all ? [] : instruments.filter((instrument) => !world.known.has(instrument));
    if (unknown.length > 0) return refuse(`not served here: ${unknown.slice(0, 3).join(', ')}${unknown.length > 3 ? ` and ${unknown.length - 3} more` : ''}; the subscription is unchanged. GET /api/v1/symbols lists what is.`);
    wanted = all ? world.known : new Set(instruments);
    owed.clear();
    due.snapshot = true;
  };
  const refuse = (why: string): void => {
    refusals += 1;
    due.refusal = why;
    if (refusals < MAX_REFUSALS) return;
    connection.close();
    sink.end(`${MAX_REFUSALS} messages were refused, the last: ${why}`);
  };
  const snapshot = (): string => JSON.stringify({
    type: 'snapshot', instruments: [...wanted].map((instrument) => ({ instrument, ...world.latest(instrument) })),
  } satisfies ServerMessage);

  /** The next text to send; null when nothing is owed. */
  const next = (): string | null => {
    if (due.refusal !== null) return take(() => JSON.stringify({ type: 'refused', error: due.refusal! } satisfies ServerMessage), () => (due.refusal = null));
    if (due.pong) return take(() => '{"type":"pong"}', () => (due.pong = false));
    if (due.health) return take(world.health, () => (due.health = false));
    if (due.snapshot) return take(snapshot, () => (due.snapshot = false));
    for (const first of owed) return take(() => world.textOf(first), () => owed.delete(first));
    return null;
  };

  const connection: Connection = {
    receive(text) {
      if (!open) return;
      const message = parseClient(text);
      if (typeof message === 'string') refuse(message);
      else if (message.type === 'ping') due.pong = true;
      else subscribe(message.instruments);
      world.onOwed();
    },
    flush() {
      while (open && sink.hasRoom()) {
        const text = next();
        if (text === null) return;
        sink.send(text);
      }
    },
    close() {
      open = false;
      owed.clear();
      world.leave(connection);
    },
    changed(what, instrument) {
      if (due.snapshot || !wanted.has(instrument)) return; // the snapshot will hold it
      owed.add(what);
      world.onOwed();
    },
    oweHealth() {
      due.health = true;
      world.onOwed();
    },
  };
  return connection;
}

function take<T>(read: () => T, settle: () => void): T {
  const value = read();
  settle();
  return value;
}

/** The message, or what is wrong with it, in plain words. */
function parseClient(text: string): ClientMessage | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON; send {"type":"subscribe","instruments":["*"]} or {"type":"ping"}';
  }
  const result = clientMessage.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  return `${issue?.path.join('.') || 'message'}: ${issue?.message ?? 'wrong'}`;
}
