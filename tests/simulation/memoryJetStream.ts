/**
 * JetStream in memory: what the server would answer, at once and without faults. streams/edge/journal.conformance.ts holds
 * it to the real server. Faults and time are the link's part (link.ts).
 */
import type { Delivered, ReadFrom, StoredMessage } from '../../streams/journal.ts';
import type { StreamSpec } from '../../streams/streams.ts';

/** As the server refuses: its API error code. Without a stack, which costs more than all the rest: a run has thousands. */
export class ServerRefusal extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
    this.code = code;
  }
}
const STREAM_NOT_FOUND = 10_059;
const WRONG_LAST_SEQUENCE = 10_071;
const TOO_LARGE = 10_054;

export interface ServerAppend {
  readonly headers?: Readonly<Record<string, string>>;
  readonly expectLastSeq?: number;
  readonly expectLastSubjectSeq?: number;
}
export interface ServerReader {
  /** Matched and not delivered yet. */
  pending(): number;
  /** null when there is none for now; 'too large' when the next one has more bytes than may be, and stays. */
  next(maxBytes: number): Delivered | null | 'too large';
}
export interface MemoryJetStream {
  addStream(spec: StreamSpec): void;
  append(subject: string, body: Uint8Array, options: ServerAppend): number;
  lastOf(stream: string, subject: string): StoredMessage | null;
  at(stream: string, seq: number): StoredMessage | null;
  bounds(stream: string): { readonly firstSeq: number; readonly lastSeq: number };
  openReader(stream: string, from: ReadFrom): ServerReader;
  bucket(name: string): Map<string, Uint8Array>;
  /** Removes what stands before `beforeSeq`. */
  purge(stream: string, beforeSeq: number): void;
  /** Forgets what stands behind `lastSeq`, as a power cut does. */
  lose(stream: string, lastSeq: number): void;
  /** Everything that is stored, in order. */
  messages(stream: string): readonly StoredMessage[];
  /** Called after each message that is stored. */
  onAppend(listener: (stream: string) => void): void;
}

interface Stream { readonly spec: StreamSpec; messages: StoredMessage[]; bytes: number; lastSeq: number; readonly sizes: Map<number, number> }

/** `*` stands for one token, `>` at the end for one or more. */
export function matches(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  for (const [i, token] of wanted.entries()) {
    if (token === '>') return tokens.length > i;
    if (i >= tokens.length || (token !== '*' && token !== tokens[i])) return false;
  }
  return wanted.length === tokens.length;
}

const lowerBound = (messages: readonly StoredMessage[], seq: number): number => {
  let [low, high] = [0, messages.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (messages[middle]!.seq < seq) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** What a writer expects is stored with its message. */
function headersOf(options: ServerAppend): [string, string][] {
  const all = Object.entries(options.headers ?? {});
  if (options.expectLastSeq !== undefined) all.push(['Nats-Expected-Last-Sequence', String(options.expectLastSeq)]);
  if (options.expectLastSubjectSeq !== undefined) all.push(['Nats-Expected-Last-Subject-Sequence', String(options.expectLastSubjectSeq)]);
  return all;
}

/** As the client writes them: a status line, `Name: value` lines, an empty line. */
function headerBytes(options: ServerAppend): number {
  const all = headersOf(options);
  return all.length === 0 ? 0 : 12 + all.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}

export function createMemoryJetStream(): MemoryJetStream {
  const streams = new Map<string, Stream>();
  /** By subject, found once. */
  const takers = new Map<string, Stream>();
  const buckets = new Map<string, Map<string, Uint8Array>>();
  const listeners: ((stream: string) => void)[] = [];
  const named = (name: string): Stream => {
    const stream = streams.get(name);
    if (stream === undefined) throw new ServerRefusal(STREAM_NOT_FOUND, 'stream not found');
    return stream;
  };
  return {
    addStream: (spec) => void streams.set(spec.name, { spec, messages: [], bytes: 0, lastSeq: 0, sizes: new Map() }),
    append(subject, body, options) {
      const stream = takers.get(subject) ?? [...streams.values()].find(({ spec }) => spec.subjects.some((filter) => matches(filter, subject)));
      if (stream === undefined) throw new Error('no responders');
      takers.set(subject, stream);
      refuseWrong(stream, subject, body, options);
      store(stream, subject, body, options);
      for (const listener of listeners) listener(stream.spec.name);
      return stream.lastSeq;
    },
    lastOf: (stream, subject) => named(stream).messages.findLast((message) => matches(subject, message.subject)) ?? null,
    at(stream, seq) {
      const { messages } = named(stream);
      const found = messages[lowerBound(messages, seq)];
      return found?.seq === seq ? found : null;
    },
    bounds: (stream) => boundsOf(named(stream)),
    openReader: (stream, from) => openReader(named(stream), from),
    bucket(name) {
      const known = buckets.get(name) ?? new Map<string, Uint8Array>();
      buckets.set(name, known);
      return known;
    },
    purge(name, beforeSeq) {
      const stream = named(name);
      while (stream.messages.length > 0 && stream.messages[0]!.seq < beforeSeq) removeAt(stream, 0);
    },
    lose(name, lastSeq) {
      const stream = named(name);
      while ((stream.messages.at(-1)?.seq ?? 0) > lastSeq) removeAt(stream, stream.messages.length - 1);
      stream.lastSeq = Math.min(stream.lastSeq, lastSeq);
    },
    messages: (stream) => named(stream).messages,
    onAppend: (listener) => void listeners.push(listener),
  };
}

const boundsOf = ({ messages, lastSeq }: Stream): { firstSeq: number; lastSeq: number } => ({ firstSeq: messages[0]?.seq ?? (lastSeq === 0 ? 0 : lastSeq + 1), lastSeq });

function refuseWrong({ spec, messages, lastSeq }: Stream, subject: string, body: Uint8Array, options: ServerAppend): void {
  if (body.length + headerBytes(options) > spec.maxMsgSize) throw new ServerRefusal(TOO_LARGE, 'message size exceeds maximum allowed');
  if (options.expectLastSeq !== undefined && options.expectLastSeq !== lastSeq) throw new ServerRefusal(WRONG_LAST_SEQUENCE, `wrong last sequence: ${lastSeq}`);
  if (options.expectLastSubjectSeq === undefined) return;
  const last = messages.findLast((message) => message.subject === subject)?.seq ?? 0;
  if (options.expectLastSubjectSeq !== last) throw new ServerRefusal(WRONG_LAST_SEQUENCE, `wrong last sequence: ${last}`);
}

function store(stream: Stream, subject: string, body: Uint8Array, options: ServerAppend): void {
  const { spec, messages, sizes } = stream;
  const headers = Object.fromEntries(headersOf(options));
  stream.lastSeq += 1;
  messages.push({ seq: stream.lastSeq, subject, data: new Uint8Array(body), header: (name) => headers[name] || undefined });
  const head = headerBytes(options);
  // The file store's record: length, sequence, time and checksum take 30 bytes, a header's length 4.
  const size = 30 + subject.length + body.length + (head === 0 ? 0 : head + 4);
  sizes.set(stream.lastSeq, size);
  stream.bytes += size;
  if (spec.maxMsgsPerSubject > 0) {
    const same = messages.filter((message) => message.subject === subject);
    for (const message of same.slice(0, -spec.maxMsgsPerSubject)) removeAt(stream, messages.indexOf(message));
  }
  while (spec.maxBytes > 0 && stream.bytes > spec.maxBytes) removeAt(stream, 0);
}

function removeAt(stream: Stream, index: number): void {
  const [gone] = stream.messages.splice(index, 1);
  stream.bytes -= stream.sizes.get(gone!.seq)!;
  stream.sizes.delete(gone!.seq);
}

function openReader(stream: Stream, from: ReadFrom): ServerReader {
  const filters = 'lastPerSubject' in from ? [from.lastPerSubject] : from.filterSubjects;
  const wanted = (message: StoredMessage): boolean => filters === undefined || filters.length === 0 || filters.some((filter) => matches(filter, message.subject));
  let deliverySeq = 0;
  let held: StoredMessage | null = null;
  let nextSeq = 'lastPerSubject' in from ? stream.lastSeq + 1 : Math.max(1, from.fromSeq);
  /** What stands at the start, where only the last of each subject is asked for. */
  const standing = 'lastPerSubject' in from ? [...new Map(stream.messages.filter(wanted).map((message) => [message.subject, message.seq])).values()].sort((a, b) => a - b) : [];
  const take = (): StoredMessage | null => {
    for (;;) {
      const { messages } = stream;
      const seq = standing.shift() ?? nextSeq;
      const found = messages[lowerBound(messages, seq)];
      if (seq < nextSeq) {
        if (found?.seq === seq) return found;
        continue;
      }
      if (found === undefined) return null;
      nextSeq = found.seq + 1;
      if (wanted(found)) return found;
    }
  };
  return {
    pending: () => (held === null ? 0 : 1) + standing.length + stream.messages.slice(lowerBound(stream.messages, nextSeq)).filter(wanted).length,
    next(maxBytes) {
      const message = held ?? take();
      held = message !== null && message.data.length > maxBytes ? message : null;
      if (held !== null) return 'too large';
      if (message === null) return null;
      deliverySeq += 1;
      return { ...message, deliverySeq };
    },
  };
}
