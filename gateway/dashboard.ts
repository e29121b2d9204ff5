/**
 * The built dashboard, at `/`: public files, and its page for every path that is neither a file nor of the API, because
 * the dashboard routes by path. While it isn't built, a plain page says how to build it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import staticFiles from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiRefusal } from './refusal.ts';

const PAGE = 'index.html';
/** Vite names these by their content. */
const IMMUTABLE = /[\\/]assets[\\/]/;

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>foretick</title>
<h1>The dashboard isn't built yet</h1>
<p>Stop foretick and run <code>./foretick up</code> again: it builds the dashboard when it is missing. The API is at
<a href="/api/openapi.json">/api/openapi.json</a> meanwhile.</p></html>
`;

interface Options { readonly dir: string; isApi(request: FastifyRequest): boolean }

export async function addDashboard(app: FastifyInstance, { dir, isApi }: Options): Promise<void> {
  await app.register(staticFiles, {
    root: dir, index: PAGE, cacheControl: false, dotfiles: 'deny',
    setHeaders: (reply, path) => void reply.header('cache-control', IMMUTABLE.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache'),
  });
  app.setNotFoundHandler((request, reply) => {
    if (isApi(request)) throw new ApiRefusal(404, 'there is no such path in the API', 'GET /api/openapi.json lists the paths.');
    // A missing script or picture must not be answered with a page.
    const wantsPage = request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    if (!wantsPage) throw new ApiRefusal(404, 'there is no such file', 'The dashboard is at /.');
    if (existsSync(join(dir, PAGE))) return reply.header('cache-control', 'no-cache').sendFile(PAGE);
    return reply.status(503).type('text/html; charset=utf-8').send(NOT_BUILT);
  });
}
