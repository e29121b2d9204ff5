/**
 * Who may ask. One token, as a bearer or exchanged for a cookie at /login.
 *
 * 1. Secrets are compared by their SHA-256 in constant time, so neither length nor prefix leaks.
 * 2. The cookie isn't the token: it is an expiry and its HMAC under the token. Browsers send cookies to every port of a
 *    host, so another local server may see it; it can't learn the token from it, and a new token ends all cookies.
 * 3. Its name holds a few digits of the token's hash: two foreticks on one machine don't log each other out.
 * 4. On a loopback address only requests for a loopback name are answered (DNS rebinding), and a browser's WebSocket must
 *    come from our own page (browsers don't apply the same-origin rule to WebSockets).
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export const COOKIE_SECONDS = 30 * 24 * 3_600;
/** Credentials longer than this are refused unread. */
const MAX_CREDENTIAL_CHARS = 512;

export interface Auth {
  readonly cookieName: string;
  isToken(candidate: string | undefined): boolean;
  issueCookie(nowUs: number): string;
  isCookie(candidate: string | undefined, nowUs: number): boolean;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export function createAuth(token: string): Auth {
  const tokenSum = sha256(token);
  const sign = (expiresSeconds: string): string => createHmac('sha256', token).update(`foretick cookie ${expiresSeconds}`).digest('base64url');
  const equal = (candidate: string, sum: Buffer): boolean => candidate.length <= MAX_CREDENTIAL_CHARS && timingSafeEqual(sha256(candidate), sum);
  return {
    cookieName: `foretick_${sha256(`cookie name ${token}`).toString('hex').slice(0, 8)}`,
    isToken: (candidate) => candidate !== undefined && equal(candidate, tokenSum),
    issueCookie(nowUs) {
      const expires = String(Math.floor(nowUs / 1_000_000) + COOKIE_SECONDS);
      return `${expires}.${sign(expires)}`;
    },
    isCookie(candidate, nowUs) {
      const match = /^(\d{1,12})\.([\w-]{1,64})$/.exec(candidate ?? '');
      if (match === null) return false;
      const [, expires = '', signature = ''] = match;
      return equal(signature, sha256(sign(expires))) && Number(expires) * 1_000_000 > nowUs;
    },
  };
}

/** The token of `Authorization: Bearer …`. */
export const bearerOf = (header: string | undefined): string | undefined => /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** The name in a Host header, without its port; null when it isn't one. */
function hostName(header: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i.exec(header ?? '');
  return match?.[1]?.toLowerCase() ?? null;
}

/** May a request with this Host header be answered by a server bound to `boundTo`? */
export function hostAllowed(header: string | undefined, boundTo: string): boolean {
  const name = hostName(header);
  return name !== null && (!isLoopback(boundTo) || isLoopback(name));
}

/** Programs send no Origin; a browser's must be the page that we served. */
export function originAllowed(origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === (host ?? '').toLowerCase();
}
