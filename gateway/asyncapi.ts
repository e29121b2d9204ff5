/**
 * The AsyncAPI 3.0 description of what is heard on NATS, made from the same schemas and subjects that publish it. Pure.
 * It describes foretick, so its operations send. JetStream's own interface and `health.*` are for the services alone.
 */
import type { z } from 'zod';
import { clockSchema, statusSchema } from '../streams/messages/control.ts';
import { frameSchema } from '../streams/messages/frame.ts';
import { latestPredictionSchema, latestPriceSchema, latestScoreSchema } from '../streams/messages/latest.ts';
import { modelEventSchema } from '../streams/messages/model.ts';
import { outcomeSchema } from '../streams/messages/outcome.ts';
import { predictionSchema } from '../streams/messages/prediction.ts';
import { scoresSchema } from '../streams/messages/score.ts';
import { quoteSchema, tradeSchema } from '../streams/messages/tick.ts';
import { FEATURES, HEADER, LATEST, MODELS, OUTCOMES, PREDICTIONS, ticksStream } from '../streams/streams.ts';
import * as subjects from '../streams/subjects.ts';
import { type Json, schemaOf } from './jsonSchema.ts';

interface Message { readonly schema: z.ZodType; readonly summary: string; /** How many inputs its headers name. */ readonly inputs?: 1 | 2; /** What else its headers say. */ readonly headers?: Json }
interface Channel { readonly address: string; readonly stream: string; readonly description: string; readonly messages: Readonly<Record<string, Message>> }

const REFUSED: Json = { [HEADER.refused]: { type: 'string', description: 'Names of the models that were refused and serve no more, percent-encoded, with commas; left out where there are none' } };
const INSTRUMENT = '{venue}.{symbol}';
const channel = (address: string, stream: string, description: string, messages: Channel['messages']): Channel => ({ address, stream, description, messages });

export const CHANNELS: Readonly<Record<string, Channel>> = {
  ticks: channel(subjects.tickSubject('{feed}', INSTRUMENT), ticksStream('{feed}'), 'What the venue said of one instrument. One subject has trades and quotes; `type` tells them apart.', {
    trade: { schema: tradeSchema, summary: 'A trade' }, quote: { schema: quoteSchema, summary: 'The top of the book' },
  }),
  clock: channel(subjects.clockSubject('{feed}'), ticksStream('{feed}'), 'The feed\'s clock, on the 100 ms grid of known time.', { clock: { schema: clockSchema, summary: 'Known time has reached tsInit' } }),
  status: channel(subjects.statusSubject('{feed}'), ticksStream('{feed}'), 'What happened to the feed: connections, gaps, sessions, its end.', { status: { schema: statusSchema, summary: 'A change of the feed\'s state' } }),
  features: channel(subjects.featuresSubject('{universe}'), FEATURES, 'One frame a step.', { frame: { schema: frameSchema, summary: 'The feature rows of every instrument: symbols × features, row-major little-endian float32, base64; NaN = not known', inputs: 1 } }),
  predictions: channel(subjects.predictionsSubject('{universe}'), PREDICTIONS, 'One message a frame, also when there is no model yet. Never changed.', { prediction: { schema: predictionSchema, summary: 'Forecasts of every instrument and horizon, made at one frame', inputs: 2, headers: REFUSED } }),
  outcomes: channel(subjects.outcomesSubject('{universe}'), OUTCOMES, 'One message a frame.', { outcome: { schema: outcomeSchema, summary: 'The predictions that matured at this frame, beside what happened', inputs: 2 } }),
  scores: channel(subjects.scoresSubject('{universe}'), OUTCOMES, 'Every 60 frames, and every 10 while the newest model is young.', { scores: { schema: scoresSchema, summary: 'How each model did against the naive forecast' } }),
  models: channel(subjects.modelsSubject('{universe}'), MODELS, 'The truth about models.', { modelEvent: { schema: modelEventSchema, summary: 'What was decided about a model, and from which frame it holds' } }),
  latestPrice: channel(subjects.latestSubject('price', INSTRUMENT), LATEST, 'The newest price, as it changes.', { latestPrice: { schema: latestPriceSchema, summary: 'Mid, top of book and last trade' } }),
  latestPrediction: channel(subjects.latestSubject('prediction', INSTRUMENT), LATEST, 'The newest forecast, one a frame.', { latestPrediction: { schema: latestPredictionSchema, summary: 'The forecast of one instrument for each horizon' } }),
  latestScore: channel(subjects.latestSubject('score', INSTRUMENT), LATEST, 'The newest scores, as they come.', { latestScore: { schema: latestScoreSchema, summary: 'The scores of one instrument' } }),
};

const PARAMETERS: Readonly<Record<string, string>> = {
  feed: 'Where the ticks come from: `binance-usdm`, `binance-spot`, `recording` or `simulator`',
  universe: 'A set of instruments on one feed; `main` unless `--universe` says otherwise',
  venue: 'Percent-encoded where NATS reserves a character (`.`, `*`, `>`, `%`, white space)',
  symbol: 'Percent-encoded where NATS reserves a character (`.`, `*`, `>`, `%`, white space)',
};

const ref = (kind: string, name: string): Json => ({ $ref: `#/components/${kind}/${name}` });
const map = <T>(record: Readonly<Record<string, T>>, of: (value: T, name: string) => unknown): Json => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, of(value, name)]));
const parameterNames = (address: string): string[] => [...address.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);

const SEQUENCE = { type: 'string', pattern: '^[0-9]+$' };
const headersOf = (inputs: 1 | 2, others: Json): Json => ({
  type: 'object',
  properties: {
    [HEADER.inputSeq]: { ...SEQUENCE, description: 'Sequence in the input stream of the last message that this one depends on' },
    ...(inputs === 2 ? { [HEADER.secondSeq]: { ...SEQUENCE, description: 'The same of the second input stream' } } : {}),
    ...others,
  },
});

const messageOf = ({ schema, summary, inputs, headers = {} }: Message, name: string): Json => ({
  name, summary, contentType: 'application/json', payload: schemaOf(schema, 'draft-7'), ...(inputs === undefined ? {} : { headers: headersOf(inputs, headers) }),
});

const channelOf = ({ address, stream, description, messages }: Channel): Json => ({
  address, description: `${description} Kept in the JetStream stream ${stream}.`,
  parameters: Object.fromEntries(parameterNames(address).map((name) => [name, ref('parameters', name)])),
  messages: map(messages, (_, name) => ref('messages', name)),
});

export function asyncApi(version: string): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'foretick', version, license: { name: 'Apache-2.0' },
      description: 'Streaming forecasts for markets, as published on NATS. Times are microseconds since the epoch. Ignore fields that you don\'t know.',
    },
    defaultContentType: 'application/json',
    servers: {
      nats: {
        host: '{host}:{port}', protocol: 'nats', security: [ref('securitySchemes', 'reader')],
        description: 'The server that `./foretick up` starts. Its port stays the same for a data folder; `./foretick token` prints it.',
        variables: { host: { default: '127.0.0.1' }, port: { description: 'As printed by `./foretick token`' } },
      },
    },
    channels: map(CHANNELS, channelOf),
    operations: map(CHANNELS, (_, name) => ({ action: 'send', channel: { $ref: `#/channels/${name}` } })),
    components: {
      messages: map(Object.assign({}, ...Object.values(CHANNELS).map(({ messages }) => messages)) as Record<string, Message>, messageOf),
      parameters: map(PARAMETERS, (description) => ({ description })),
      securitySchemes: { reader: { type: 'userPassword', description: 'The read-only user that `./foretick token` prints: it subscribes, and may publish nothing.' } },
    },
  };
}
