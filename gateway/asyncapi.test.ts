/** The description is valid AsyncAPI 3.0 by that project's own schema, and says what the subjects, streams and encoders do. */
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { READER_SUBJECTS } from '../infra/nats/config.ts';
import { encodeFeedMessage } from '../streams/messages/feed.ts';
import { encodeFrame } from '../streams/messages/frame.ts';
import { encodeModelEvent } from '../streams/messages/model.ts';
import { streamsFor } from '../streams/streams.ts';
import { asyncApi, CHANNELS } from './asyncapi.ts';
import { BTC, FRAME, PROMOTED } from './fakeData.ts';

const description = asyncApi('1.2.3') as { channels: Record<string, { address: string; parameters: object }>; components: { messages: Record<string, { payload: object }>; parameters: object } };
const ajv = new Ajv({ strict: false, validateFormats: false });
const decoder = new TextDecoder();

/** Does a NATS pattern take this subject? */
const takes = (pattern: string, subject: string): boolean =>
  new RegExp(`^${pattern.split('.').map((token) => (token === '>' ? '.+' : token === '*' ? '[^.]+' : token.replaceAll(/[{}-]/g, '\\$&'))).join('\\.')}$`).test(subject);

test('is valid by the schema of AsyncAPI 3.0, which refuses what is not', () => {
  const isValid = ajv.compile(createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object);
  expect(isValid(description), ajv.errorsText(isValid.errors)).toBe(true);
  expect(isValid({ ...description, operations: { x: { action: 'shout' } } })).toBe(false);
});

test('every reference leads somewhere', () => {
  const references = [...JSON.stringify(description).matchAll(/"\$ref":"#([^"]+)"/g)].map((match) => match[1]!.slice(1).split('/'));
  expect(references.length).toBeGreaterThan(30);
  for (const path of references) expect(path.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], description), path.join('/')).toBeDefined();
});

describe.each(Object.entries(CHANNELS))('channel %s', (name, { address, stream }) => {
  test('is a subject of the stream that it names, and the reader may hear it', () => {
    const spec = streamsFor(['{feed}']).find((candidate) => candidate.name === stream);
    expect(spec?.subjects.filter((pattern) => takes(pattern, address))).toHaveLength(1);
    expect(READER_SUBJECTS.filter((pattern) => takes(pattern, address))).toHaveLength(1);
    expect(Object.keys(description.channels[name]!.parameters)).toEqual([...address.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
  });
});

test('every subject that the reader may hear is described', () => {
  for (const pattern of READER_SUBJECTS) expect(Object.values(CHANNELS).filter(({ address }) => takes(pattern, address)).length, pattern).toBeGreaterThan(0);
});

test.each([
  ['trade', encodeFeedMessage('f', { v: 1, type: 'trade', instrument: BTC, price: 1, size: 2, side: 'buy', tsEvent: 1, tsInit: 2 }).body, 'price'],
  ['quote', encodeFeedMessage('f', { v: 1, type: 'quote', instrument: BTC, bid: 1, bidSize: 0, ask: 2, askSize: 3, tsEvent: 1, tsInit: 2 }).body, 'askSize'],
  ['status', encodeFeedMessage('f', { v: 1, type: 'status', tsInit: 2, status: { kind: 'gap', from: 1, to: 2, reason: 'r' } }).body, 'status'],
  ['frame', encodeFrame(FRAME), 'rows'],
  ['modelEvent', encodeModelEvent(PROMOTED), 'fromFrame'],
] as const)('what is published as %s is as described, and without a field it is not', (name, body, field) => {
  const isValid = ajv.compile(description.components.messages[name]!.payload);
  const value = JSON.parse(decoder.decode(body)) as Record<string, unknown>;
  expect(isValid({ ...value, aFieldOfLater: 1 }), ajv.errorsText(isValid.errors)).toBe(true);
  const { [field]: _left, ...without } = value;
  expect(isValid(without)).toBe(false);
});
