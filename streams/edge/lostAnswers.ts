/**
 * Requests whose answers were lost with the connection. The client waits for them until they are late, 5 s, while the server is long
 * back: who reads a stream at its start stood still for as long.
 */
import { ConnectionError, type NatsConnection } from '@nats-io/transport-node';

/** For requests that may be repeated: throws ConnectionError once the connection is back, if it was lost before the answer. */
export type Ask = <T>(request: () => Promise<T>) => Promise<T>;

export function createAsk(nc: NatsConnection): Ask {
  const unanswered = new Set<(error: Error) => void>();
  void (async () => {
    for await (const { type } of nc.status()) {
      if (type !== 'reconnect') continue;
      for (const fail of unanswered) fail(new ConnectionError('the connection was lost before the answer came'));
    }
  })();
  return async (request) => {
    const lost = Promise.withResolvers<never>();
    unanswered.add(lost.reject);
    try {
      return await Promise.race([request(), lost.promise]);
    } finally {
      unanswered.delete(lost.reject);
    }
  };
}
