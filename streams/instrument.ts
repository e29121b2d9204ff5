/**
 * An instrument is a symbol at a venue. Its id, `<venue>.<symbol>`, is the tail of its NATS subjects, so
 * both parts are percent-encoded where NATS reserves a character (`.`, `*`, `>`, white space, `%`).
 */
import { z } from 'zod';

export type InstrumentId = string;

/** At most 64 characters a part after encoding; NATS reserves the excluded ones. */
export const instrumentId = z.string().regex(/^[^.*>\s]{1,64}\.[^.*>\s]{1,64}$/, 'an instrument id is <venue>.<symbol>');

export const encodeToken = (text: string): string =>
  text.replace(/[.*>%\s]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
export const decodeToken = (token: string): string =>
  token.replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

export const toInstrumentId = (venue: string, symbol: string): InstrumentId => `${encodeToken(venue)}.${encodeToken(symbol)}`;

export function fromInstrumentId(id: InstrumentId): { venue: string; symbol: string } {
  const dot = id.indexOf('.');
  return { venue: decodeToken(id.slice(0, dot)), symbol: decodeToken(id.slice(dot + 1)) };
}
