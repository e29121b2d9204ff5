/** One request over a connection. Its fate is drawn when it is made: whatever happens to the answer, the server did it once, twice or not at all. */
import { type Connection, latency, type LinkFaults } from './connection.ts';
import { ServerRefusal } from './memoryJetStream.ts';

const ASK_TIMEOUT_MS = 5_000;
const LATE_MS = 2_000;
/** Of what is under way in a connection that is cut. */
const LOST_BY_CUT = 0.5;
const JETSTREAM_NOT_READY = 10_008;
type Fate = 'answered' | Exclude<keyof LinkFaults, 'readerLost' | 'hole' | 'skip'>;
const FATES = ['lostRequest', 'lostAnswer', 'late', 'twice', 'notReady'] as const;

export function request<T>(connection: Connection, apply: () => T, timeoutMs: number): Promise<T> {
  const { owner, schedule, random } = connection;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  if (owner.dead) return promise; // nobody is there to ask
  const fate = drawFate(connection);
  const sentIn = connection.epoch;
  const wasCut = (): boolean => sentIn !== connection.epoch;
  const giveUp = schedule(timeoutMs, () => reject(new Error('timeout')), owner);
  const arrive = (): void => {
    if (wasCut() && fate !== 'late' && random() < LOST_BY_CUT) return;
    const answer = serve(fate, apply);
    if (fate === 'lostAnswer' || wasCut()) return;
    schedule(latency(connection), () => {
      giveUp();
      if ('error' in answer) reject(answer.error);
      else resolve(answer.value);
    }, owner);
  };
  for (const ms of drawWays(connection, fate, timeoutMs)) schedule(ms, arrive, null);
  return promise;
}

/** For whom the usual time will do. */
export const ask = <T>(connection: Connection, apply: () => T): Promise<T> => request(connection, apply, ASK_TIMEOUT_MS);

function drawFate({ away, faults, random }: Connection): Fate {
  if (away) return 'lostRequest';
  let point = random();
  for (const fate of FATES) {
    if (point < faults[fate]) return fate;
    point -= faults[fate];
  }
  return 'answered';
}

/** After how many milliseconds it arrives: never, once or twice. */
function drawWays(connection: Connection, fate: Fate, timeoutMs: number): number[] {
  if (fate === 'lostRequest') return [];
  if (fate === 'late') return [timeoutMs + connection.random() * LATE_MS];
  const ms = drawOrderedWay(connection);
  return fate === 'twice' ? [ms, ms + latency(connection)] : [ms];
}

/** Ways to the server keep the order of sending. */
function drawOrderedWay(connection: Connection): number {
  const nowMs = connection.now();
  connection.lastArrivalMs = Math.max(nowMs + latency(connection), connection.lastArrivalMs);
  return connection.lastArrivalMs - nowMs;
}

function serve<T>(fate: Fate, apply: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    if (fate === 'notReady') throw new ServerRefusal(JETSTREAM_NOT_READY, 'JetStream system temporarily unavailable');
    return { value: apply() };
  } catch (error) {
    return { error };
  }
}
