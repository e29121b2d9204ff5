/** A feed message is a tick, a clock or a status. The subject carries the instrument, the body the rest. */
import { RefusedError } from '../../runtime/errors.ts';
import { decodeJson, encodeJson, parseWith } from '../parse.ts';
import { clockSubject, statusSubject, tickSubject } from '../subjects.ts';
import { instrumentId } from '../instrument.ts';
import { type Clock, clockSchema, type Status, statusSchema } from './control.ts';
import { quickClock, quickTick } from './quickTick.ts';
import { type Quote, quoteSchema, type Trade, tradeSchema } from './tick.ts';

export type FeedMessage = Trade | Quote | Clock | Status;
export interface Encoded { readonly subject: string; readonly body: Uint8Array }

export function encodeFeedMessage(feed: string, message: FeedMessage): Encoded {
  if (message.type === 'clock') return { subject: clockSubject(feed), body: encodeJson(message) };
  if (message.type === 'status') return { subject: statusSubject(feed), body: encodeJson(message) };
  const { instrument, ...body } = message;
  return { subject: tickSubject(feed, instrument), body: encodeJson(body) };
}

/** Instruments by subject: a feed has few subjects and many messages. */
const instruments = new Map<string, string>();
const MAX_KNOWN_SUBJECTS = 10_000;

function instrumentOf(subject: string): string {
  const known = instruments.get(subject);
  if (known !== undefined) return known;
  const afterFeed = subject.indexOf('.', 'ticks.'.length);
  const instrument = parseWith(instrumentId, afterFeed < 0 ? '' : subject.slice(afterFeed + 1), subject);
  if (instruments.size >= MAX_KNOWN_SUBJECTS) instruments.clear();
  instruments.set(subject, instrument);
  return instrument;
}

/** Throws RefusedError with the field's path. */
export function parseFeedMessage(subject: string, bytes: Uint8Array): FeedMessage {
  const value = decodeJson(bytes, subject);
  if (subject.startsWith('clock.')) return quickClock(value) ?? parseWith(clockSchema, value, subject);
  if (subject.startsWith('status.')) return parseWith(statusSchema, value, subject);
  if (!subject.startsWith('ticks.')) throw new RefusedError(`${subject}: not a subject of a feed`);
  const instrument = instrumentOf(subject);
  const tick = quickTick(value, instrument);
  if (tick !== null) return tick;
  const isQuote = (value as { type?: unknown } | null)?.type === 'quote';
  const body = isQuote ? parseWith(quoteSchema, value, subject) : parseWith(tradeSchema, value, subject);
  return Object.assign(body, { instrument });
}
