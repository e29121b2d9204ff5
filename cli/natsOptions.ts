/** The options of `up` that say which NATS server to use, and how. */
import { resolve } from 'node:path';
import { RefusedError } from '../runtime/errors.ts';
import type { Config } from '../runtime/config.ts';

export interface RawNatsOptions { readonly nats?: string; readonly natsCreds?: string; readonly natsCa?: string; readonly natsCert?: string; readonly natsKey?: string; readonly replicas?: string; readonly sync?: string }

type Credentials = { readonly user: string; readonly pass: string } | null;
/** `credentials` are taken out of the URL: it is shown, they aren't. */
export interface NatsAddress { readonly url: string; readonly credentials: Credentials }

/** One address, or those of a cluster's nodes. */
export function natsOption(text: string): NatsAddress {
  const nodes = text.split(',').map((part) => node(part.trim()));
  if (new Set(nodes.map(({ protocol }) => protocol)).size > 1) throw new RefusedError('tls:// for all nodes, or for none');
  return { url: nodes.map(({ protocol, host }) => `${protocol}//${host}`).join(','), credentials: nodes.find(({ credentials }) => credentials !== null)?.credentials ?? null };
}

function node(text: string): { protocol: string; host: string; credentials: Credentials } {
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `nats://${text}`);
  } catch {
    throw new RefusedError('that is no address, or its password has a character that must be percent-encoded; write nats://HOST:PORT'); // not quoted: it may hold a password
  }
  if (!['nats:', 'tls:'].includes(url.protocol) || url.hostname === '') throw new RefusedError('write nats://HOST:PORT, or tls://HOST:PORT');
  return { protocol: url.protocol, host: url.host, credentials: credentialsOf(url) };
}

function credentialsOf(url: URL): Credentials {
  try {
    return url.username === '' ? null : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    throw new RefusedError('a stray % in the user or password; write %25 for it');
  }
}

export function replicasOption(text: string): number {
  const value = Number(text);
  if (![1, 3, 5].includes(value)) throw new RefusedError(`"${text}" is not a number of copies; write 1, 3 or 5, at most the cluster's nodes`);
  return value;
}

export function syncOption(text: string): 'default' | 'always' {
  if (text !== 'default' && text !== 'always') throw new RefusedError(`"${text}" is neither default nor always`);
  return text;
}

/** Throws RefusedError when only half of a certificate and its key is given. */
export function tlsOption(raw: RawNatsOptions, cwd: string): Config['nats']['tls'] {
  if ((raw.natsCert === undefined) !== (raw.natsKey === undefined)) throw new RefusedError('give both --nats-cert and --nats-key, or neither');
  const file = (path: string | undefined): string | undefined => (path === undefined ? undefined : resolve(cwd, path));
  const files = { caFile: file(raw.natsCa), certFile: file(raw.natsCert), keyFile: file(raw.natsKey) };
  return Object.values(files).every((path) => path === undefined) ? undefined : files;
}
