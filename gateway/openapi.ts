/** The OpenAPI 3.1 description, made from the same schemas and route table that serve. Pure. */
import { z } from 'zod';
import * as api from '../sdk/api.ts';
import { type Json, schemaOf } from './jsonSchema.ts';
import { ROUTES, type Route } from './routes.ts';

const NAMED: readonly (readonly [string, z.ZodType])[] = [
  ['UniverseInfo', api.universeInfo], ['SymbolInfo', api.symbolInfo], ['Tick', api.tick], ['Bar', api.bar], ['LatestFrame', api.latestFrame], ['Online', api.onlineInfo],
  ['JudgedPrediction', api.judgedPrediction], ['Scores', api.scoresInfo], ['Models', api.modelsInfo], ['Health', api.healthInfo], ['Error', api.apiError],
  ['ClientMessage', api.clientMessage], ['ServerMessage', api.serverMessage],
];

const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });

function answerSchema(answer: z.ZodType): Json {
  const item = answer instanceof z.ZodArray ? (answer.element as z.ZodType) : answer;
  const name = NAMED.find(([, schema]) => schema === item)?.[0];
  const json = name === undefined ? schemaOf(item) : ref(name);
  return item === answer ? json : { type: 'array', items: json };
}

function parametersOf(query: z.ZodObject): Json[] {
  return Object.entries(query.shape).map(([name, schema]) => {
    const { description, ...json } = schemaOf(schema as z.ZodType);
    return { name, in: 'query', required: !(schema as z.ZodType).safeParse(undefined).success, ...(description === undefined ? {} : { description }), schema: json };
  });
}

const refusals = (...statuses: string[]): Json =>
  Object.fromEntries(statuses.map((status) => [status, { description: REFUSALS[status], content: { 'application/json': { schema: ref('Error') } } }]));
const REFUSALS: Readonly<Record<string, string>> = {
  400: 'A parameter is wrong: the answer says which', 401: 'No valid token', 403: 'A page of another address asks', 404: 'There is no such thing here',
  421: 'This address is not served under that name', 431: 'Address and headers are longer than 16 kB', 503: 'Not available at the moment; try again',
};

const operation = (route: Route): Json => ({
  get: {
    summary: route.summary, operationId: route.path.slice(1).replace(/\/(\w)/g, (_, c: string) => c.toUpperCase()), parameters: parametersOf(route.query),
    responses: {
      200: { description: 'The answer', content: { 'application/json': { schema: answerSchema(route.answer) } } },
      ...refusals('400', '401', '404', '421', '431', '503'),
    },
  },
});

const STREAM: Json = {
  get: {
    summary: 'WebSocket: newest prices, predictions and scores', operationId: 'stream',
    description: 'Send ClientMessage, receive ServerMessage, as JSON text. Each subscribe is answered with a snapshot, then updates follow; a slow reader gets the newest of each kind per instrument.',
    responses: { 101: { description: 'Switching to the WebSocket protocol' }, ...refusals('401', '403', '404', '421', '431', '503') },
  },
};

export function openApi(version: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'foretick', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Streaming forecasts for markets. Times are microseconds since the epoch, in and out. Lists are oldest first. Ignore fields that you don\'t know.',
    },
    servers: [{ url: '/api/v1' }],
    security: [{ bearer: [] }, { cookie: [] }],
    paths: { ...Object.fromEntries(ROUTES.map((route) => [route.path, operation(route)])), '/stream': STREAM },
    components: {
      schemas: Object.fromEntries(NAMED.map(([name, schema]) => [name, schemaOf(schema)])),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The token that `./foretick token` prints.' },
        cookie: { type: 'apiKey', in: 'cookie', name: 'foretick_<8 hex digits>', description: 'Set by the login link.' },
      },
    },
  };
}
