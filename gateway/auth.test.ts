import { expect, test } from 'vitest';
import { bearerOf, COOKIE_SECONDS, createAuth, hostAllowed, originAllowed } from './auth.ts';

const auth = createAuth('a-token-of-enough-characters');

test('only the token is the token', () => {
  expect(auth.isToken('a-token-of-enough-characters')).toBe(true);
  for (const wrong of [undefined, '', 'a-token-of-enough-character', 'a-token-of-enough-characters ', 'x'.repeat(100_000)]) expect(auth.isToken(wrong)).toBe(false);
});

test('a cookie is good until it expires, can\'t be prolonged, and doesn\'t hold the token', () => {
  const cookie = auth.issueCookie(1_000_000);
  expect(cookie).not.toContain('token');
  expect(auth.isCookie(cookie, 2_000_000)).toBe(true);
  expect(auth.isCookie(cookie, (COOKIE_SECONDS + 2) * 1_000_000)).toBe(false);
  const [expires, signature] = cookie.split('.');
  for (const forged of [`${Number(expires) + 1}.${signature}`, `${expires}.`, `${expires}.${'A'.repeat(43)}`, signature, '', undefined]) expect(auth.isCookie(forged, 2_000_000)).toBe(false);
});

test('a new token ends the cookies of the old one, and has its own cookie name', () => {
  const other = createAuth('another-token-of-characters');
  expect(other.isCookie(auth.issueCookie(0), 1)).toBe(false);
  expect(other.cookieName).not.toBe(auth.cookieName);
});

test('bearer headers', () => {
  expect(bearerOf('Bearer abc')).toBe('abc');
  expect(bearerOf('bearer  abc')).toBe('abc');
  for (const wrong of [undefined, '', 'abc', 'Basic abc', 'Bearer ', 'Bearer a b']) expect(bearerOf(wrong)).toBeUndefined();
});

test('on a loopback address only loopback names are answered; elsewhere any well-formed one', () => {
  for (const host of ['127.0.0.1:8765', 'localhost', 'LOCALHOST:1', '[::1]:8765', '127.9.9.9']) expect(hostAllowed(host, '127.0.0.1')).toBe(true);
  for (const host of [undefined, '', 'evil.example:8765', 'localhost.evil.example', '127.0.0.1.evil.example', 'localhost:8765@evil.example', '10.0.0.1']) expect(hostAllowed(host, '127.0.0.1')).toBe(false);
  expect(hostAllowed('trading.example:8765', '0.0.0.0')).toBe(true);
  expect(hostAllowed('a b', '0.0.0.0')).toBe(false);
});

test('a browser must come from the page that was served; a program sends no origin', () => {
  expect(originAllowed(undefined, 'localhost:1')).toBe(true);
  expect(originAllowed('http://localhost:1', 'localhost:1')).toBe(true);
  for (const origin of ['http://localhost:2', 'http://evil.example', 'null', '', 'http://localhost:1.evil.example']) expect(originAllowed(origin, 'localhost:1')).toBe(false);
});
