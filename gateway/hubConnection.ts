/**
 * One reader of the hub, and what it is owed. Pure.
 *
 * 1. Owed are things, not messages: a snapshot, the health, a pong, a refusal, and the set of (kind, instrument) that
 *    changed since the reader was last told. So a reader that never reads holds at most three entries an instrument.
 * 2. Nothing of an instrument is sent before the snapshot of the subscription that asked for it; what changes while a
 *    snapshot is owed is in it.
 */
import { clientMessage, type ClientMessage, type ServerMessage } from '../sdk/api.ts';
import type { InstrumentId } from '../streams/instrument.ts';
import type { LatestKind } from '../streams/subjects.ts';
import type { Latest } from './hub.ts';

/** After this many refused messages a connection is ended: its program doesn't speak our language. */
export const MAX_REFUSALS = 20;

export type Owed = `${LatestKind}/${InstrumentId}`;

/** Where a connection's messages go. */
export interface Sink {
  /** False while the reader is behind; `flush` is called again when it has caught up. */
  hasRoom(): boolean;
  send(text: string): void;
  /** What `sends` sends leaves as one write: a frame of forecasts is a message an instrument. */
  together(sends: () => void): void;
  end(why: string): void;
}
export interface HubConnection {
  /** A message of the client, as text. Anything wrong is answered with `refused`. */
  receive(text: string): void;
  /** Sends what is owed while there is room. */
  flush(): void;
  close(): void;
}
export interface Connection extends HubConnection {
  changed(kind: LatestKind, instrument: InstrumentId): void;
  oweHealth(): void;
}
/** What a connection knows of its hub. */
export interface World {
  readonly known: ReadonlySet<InstrumentId>;
  latest(instrument: InstrumentId): Latest;
  textOf(kind: LatestKind, instrument: InstrumentId): string;
  /** null before the first. */
  healthText(): string | null;
  leave(connection: Connection): void;
  /** Something became owed. */
  onOwed(): void;
}

export function createConnection(sink: Sink, world: World): Connection {
  const debts = createDebts(world);
  let refusals = 0;
  let open = true;

  const refuse = (why: string): void => {
    refusals += 1;
    debts.due.refusal = why;
    if (refusals < MAX_REFUSALS) return;
    connection.close();
    sink.end(`${MAX_REFUSALS} messages were refused, the last: ${why}`);
  };
  const connection: Connection = {
    receive(text) {
      if (!open) return;
      const message = parseClient(text);
      if (typeof message === 'string') refuse(message);
      else if (message.type === 'ping') debts.due.pong = true;
      else {
        const wrong = notServed(message.instruments, world.known);
        if (wrong === null) debts.subscribe(message.instruments);
        else refuse(wrong);
      }
      world.onOwed();
    },
    flush() {
      if (!open || !debts.any()) return;
      sink.together(() => {
        while (open && sink.hasRoom()) {
          const text = debts.next();
          if (text === null) return;
          sink.send(text);
        }
      });
    },
    close() {
      open = false;
      world.leave(connection);
    },
    changed(kind, instrument) {
      if (debts.changed(kind, instrument)) world.onOwed();
    },
    oweHealth() {
      debts.due.health = true;
      world.onOwed();
    },
  };
  return connection;
}

function createDebts(world: World) {
  let wanted: ReadonlySet<InstrumentId> = new Set();
  const owed = new Map<Owed, readonly [LatestKind, InstrumentId]>();
  const due = { snapshot: false, health: false, pong: false, refusal: null as string | null };
  const encode = (message: ServerMessage): string => JSON.stringify(message);
  return {
    due,
    subscribe(instruments: readonly InstrumentId[]): void {
      wanted = instruments.includes('*') ? world.known : new Set(instruments);
      owed.clear();
      due.snapshot = true;
    },
    /** True if the reader must be told. */
    changed(kind: LatestKind, instrument: InstrumentId): boolean {
      if (due.snapshot || !wanted.has(instrument)) return false;
      owed.set(`${kind}/${instrument}`, [kind, instrument]);
      return true;
    },
    any: (): boolean => due.refusal !== null || due.pong || due.health || due.snapshot || owed.size > 0,
    /** The next text to send; null when nothing is owed. */
    next(): string | null {
      if (due.refusal !== null) {
        const text = encode({ type: 'refused', error: due.refusal });
        due.refusal = null;
        return text;
      }
      if (due.pong) {
        due.pong = false;
        return encode({ type: 'pong' });
      }
      if (due.health) {
        due.health = false;
        return world.healthText();
      }
      if (due.snapshot) {
        due.snapshot = false;
        return encode({ type: 'snapshot', instruments: [...wanted].map((instrument) => ({ instrument, ...world.latest(instrument) })) });
      }
      const [first] = owed;
      if (first === undefined) return null;
      const [key, [kind, instrument]] = first;
      owed.delete(key);
      return world.textOf(kind, instrument);
    },
  };
}

/** Why these can't be subscribed to, in plain words; null when they can. */
function notServed(instruments: readonly InstrumentId[], known: ReadonlySet<InstrumentId>): string | null {
  const unknown = instruments.filter((instrument) => instrument !== '*' && !known.has(instrument));
  if (unknown.length === 0) return null;
  const more = unknown.length > 3 ? ` and ${unknown.length - 3} more` : '';
  return `not served here: ${unknown.slice(0, 3).join(', ')}${more}; the subscription is unchanged. GET /api/v1/symbols lists what is.`;
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
