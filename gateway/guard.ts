/** What a request must show before it is answered, the same for REST and for the WebSocket. */
import type { IncomingMessage } from 'node:http';
import type { WallClock } from '../runtime/clock.ts';
import { type Auth, bearerOf, hostAllowed, originAllowed } from './auth.ts';
import { ApiRefusal } from './refusal.ts';

export interface Guard {
  /** Throws an ApiRefusal when the Host header isn't ours: a page of another name points at this address. */
  checkHost(request: IncomingMessage): void;
  /** Throws an ApiRefusal without a valid token or cookie. */
  checkToken(request: IncomingMessage): void;
  /** Both, and for browsers that the page is ours. The refusal, or null. */
  refuseUpgrade(request: IncomingMessage): ApiRefusal | null;
}

export type ParseCookies = (header: string) => Readonly<Record<string, string | undefined>>;

/** `boundTo`: the address that the server listens on. */
export function createGuard(auth: Auth, boundTo: string, clock: WallClock, parseCookies: ParseCookies): Guard {
  const guard: Guard = {
    checkHost({ headers }) {
      if (!hostAllowed(headers.host, boundTo)) throw new ApiRefusal(421, 'this address is not served under that name', 'Open it as http://127.0.0.1 or http://localhost.');
    },
    checkToken({ headers }) {
      if (auth.isToken(bearerOf(headers.authorization))) return;
      if (auth.isCookie(parseCookies(headers.cookie ?? '')[auth.cookieName], clock.nowUs())) return;
      throw new ApiRefusal(401, 'no valid token', 'Open the login link that `./foretick up` printed, or send `Authorization: Bearer <token>` (`./foretick token` prints it).');
    },
    refuseUpgrade(request) {
      try {
        guard.checkHost(request);
        if (!originAllowed(request.headers.origin, request.headers.host)) {
          throw new ApiRefusal(403, 'a page of another address may not connect', 'Open the dashboard at the address that `./foretick up` printed.');
        }
        guard.checkToken(request);
        return null;
      } catch (error) {
        if (error instanceof ApiRefusal) return error;
        throw error;
      }
    },
  };
  return guard;
}
