/** What the documentation claims and can be looked up: links, files, API paths, message types, sources, limits. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SILENT_MS as REDIS_SILENT_MS } from '../cache/redis.ts';
import { asyncApi } from '../gateway/asyncapi.ts';
import { MAX_LIMIT } from '../gateway/query.ts';
import { ROUTES } from '../gateway/routes.ts';
import { DEAD_AFTER_MS as READER_DEAD_MS, MAX_CLIENT_MESSAGE_BYTES, MAX_CONNECTIONS } from '../gateway/websocket.ts';
import { SILENCE_MS as QUERY_SILENCE_MS } from '../store/questdb/exec.ts';
import { DEAD_AFTER_MS as LINES_DEAD_MS } from '../store/questdb/ilp.ts';
import { DEAD_AFTER_MS as NATS_DEAD_MS } from '../streams/edge/connect.ts';
import { FLAG } from '../streams/messages/frame.ts';
import { ADMIN, grants } from '../streams/permissions.ts';
import { LIVE_LIMITS } from '../streams/sources/binance/live.ts';
import { parseSourceOption } from '../streams/sources/option.ts';
import { clientMessage, serverMessage } from '../sdk/api.ts';
import { PING_EVERY_MS, SILENT_MS as GATEWAY_SILENT_MS } from '../sdk/stream.ts';
import { blocks, localLinks, PAGES, pageOf, ROOT, spans } from './support/docs.ts';

const api = pageOf('docs/API.md');
const FOLDERS = ['streams', 'quant', 'processors', 'inference', 'trainer', 'store', 'registry', 'gateway', 'dashboard', 'sdk', 'runtime', 'infra', 'cli', 'tests', 'docs'];
const METRICS = FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !/node_modules|\.test\.ts$/.test(name))
  .flatMap((name) => [...readFileSync(join(ROOT, folder, name), 'utf8').matchAll(/name: '(foretick_\w+)'/g)].map((match) => match[1]!)));
/** Cells of a line of a table. None of the tables read here has a `|` in a cell. */
const cellsOf = (line: string): string[] => line.split('|').slice(1, -1).map((cell) => cell.trim());
/** First cells of the rows of a section's tables, their headings left out. */
function firstCells(text: string, heading: string): string[] {
  const section = text.slice(text.indexOf(`\n## ${heading}\n`) + heading.length + 5).split('\n## ', 1)[0]!;
  const lines = section.split('\n');
  return lines.filter((line, i) => line.startsWith('| `') && !/^\|-/.test(lines[i + 1] ?? '')).map((line) => cellsOf(line)[0]!);
}
const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^\w\s-]/g, '').replaceAll(' ', '-');

describe.each(PAGES)('$name', ({ name, text }) => {
  it('links to what is there', () => {
    for (const link of localLinks(text)) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? name : join(dirname(name), path);
      expect(existsSync(join(ROOT, target)), link).toBe(true);
      if (anchor !== undefined) expect([...pageOf(target).matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!)), link).toContain(anchor);
    }
  });

  it('names metrics that there are', () => {
    for (const metric of spans(text).flatMap((span) => /^foretick_\w+/.exec(span)?.[0] ?? [])) expect(METRICS, metric).toContain(metric);
  });

  it('names files that are there', () => {
    const paths = spans(text).filter((span) => FOLDERS.includes(span.split('/', 1)[0]!) && span.includes('/') && /^[\w./*-]+$/.test(span));
    for (const path of paths) expect(existsSync(join(ROOT, path.replace(/\*.*$/, ''))), path).toBe(true);
  });
});

describe('docs/API.md', () => {
  it('has every REST path with its parameters, and no other', () => {
    const rows = api.split('\n').filter((line) => /^\| `\/[a-z/]+` \|/.test(line)).map(cellsOf);
    const documented = Object.fromEntries(rows.map(([path = '', parameters = '']) => [path.slice(1, -1), parameters.split(', ').filter((name) => name !== '')]));
    expect(documented).toEqual(Object.fromEntries(ROUTES.map(({ path, query }) => [path, Object.keys(query.shape)])));
  });

  it('has every subject of AsyncAPI, and no other', () => {
    const { channels } = asyncApi('0') as { channels: Record<string, { address: string }> };
    const documented = firstCells(api, 'NATS').flatMap((cell) => spans(cell)).map((subject) => subject.replaceAll('<', '{').replaceAll('>', '}'));
    expect(documented.toSorted()).toEqual(Object.values(channels).map(({ address }) => address).toSorted());
  });

  it('has every WebSocket message, and shows some that are understood', () => {
    const types = firstCells(api, 'WebSocket').flatMap((cell) => spans(cell));
    expect(types.toSorted()).toEqual(serverMessage.options.map(({ shape }) => shape.type.value).toSorted());
    const examples = blocks(api, 'json').flatMap((block) => block.split('\n'));
    expect(examples.map((line) => clientMessage.parse(JSON.parse(line)).type)).toEqual(['subscribe', 'subscribe', 'ping']);
  });

  it('states the limits that hold', () => {
    expect(api).toContain(`1 to ${MAX_LIMIT.toLocaleString('en-US')}`);
    expect(api).toContain(`${MAX_CONNECTIONS} readers connected`);
    expect(api).toContain(`at most ${MAX_CLIENT_MESSAGE_BYTES / 1_024} kB and 600 instruments`);
  });
});

it('docs/OPERATIONS.md shows sources that --source takes', () => {
  const sources = firstCells(pageOf('docs/OPERATIONS.md'), 'Sources').flatMap((cell) => spans(cell)).map((text) => text.replace('PATH[,PATH…]', 'a,b').replace('SEED', '7').replace('…', 'BTCUSDT'));
  expect(sources.map((text) => parseSourceOption(text).kind)).toEqual(['binance', 'binance', 'binance', 'recording', 'simulator', 'simulator', 'simulator']);
});

it('docs/OPERATIONS.md says within what time each link notices that it is dead, and their limits keep to it', () => {
  const within = 1_000 * Number(/a dead link is noticed within (\d+) s/.exec(pageOf('docs/OPERATIONS.md'))?.[1]);
  const limits = {
    nats: NATS_DEAD_MS, venue: LIVE_LIMITS.deadAfterMs + LIVE_LIMITS.checkEveryMs, 'gateway, of a reader': READER_DEAD_MS, 'reader, of the gateway': GATEWAY_SILENT_MS,
    redis: REDIS_SILENT_MS, 'questdb, queries': QUERY_SILENCE_MS, 'questdb, rows': LINES_DEAD_MS,
  };
  expect(within).toBe(15_000);
  expect(Object.entries(limits).filter(([, ms]) => !(ms <= within))).toEqual([]);
  // A quiet market is no dead link: an answer to a ping comes first, even when one is lost.
  expect([LIVE_LIMITS.pingAfterMs < LIVE_LIMITS.deadAfterMs, 2 * PING_EVERY_MS < GATEWAY_SILENT_MS]).toEqual([true, true]);
});

it('docs/OPERATIONS.md has every user of NATS, with all that it publishes', () => {
  const section = pageOf('docs/OPERATIONS.md').split('## Who may do what on NATS')[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('| `')).map(cellsOf);
  const documented = Object.fromEntries(rows.map(([name = '', publishes = '']) => [name.slice(1, -1), spans(publishes)]));
  const granted = Object.fromEntries(Object.entries(grants(['<feed>'])).map(([service, { publishes }]) => [service, publishes]));
  expect(documented).toEqual({ ...granted, [ADMIN]: [], reader: [] });
});

it('docs/GLOSSARY.md has every quality flag', () => {
  for (const flag of Object.keys(FLAG)) expect(pageOf('docs/GLOSSARY.md')).toContain(`\`${flag}\``);
});
