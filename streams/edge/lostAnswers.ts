/**
 * What is asked and has no answer yet when the connection is lost. The client waits for it until it is late, 5 s, while the server is
 * long back: who reads a stream at its start stood still for as long.
 */
import { ClosedConnectionError, ConnectionError, type NatsConnection } from '@nats-io/transport-node';

export interface LostAnswers {
  /** For requests that may be repeated: throws ConnectionError once the connection is back, if it was lost before the answer. */
  ask<T>(request: () => Promise<T>): Promise<T>;
  /** Calls `fail` once the connection is back after a loss, and when it is closed. The answer ends that. */
  watch(fail: (error: Error) => void): () => void;
}

export function createLostAnswers(nc: NatsConnection): LostAnswers {
  const unanswered = new Set<(error: Error) => void>();
  const failAll = (error: Error): void => {
    for (const fail of unanswered) fail(error);
  };
  void (async () => {
    for await (const { type } of nc.status()) if (type === 'reconnect') failAll(new ConnectionError('the connection was lost before the answer came'));
    failAll(new ClosedConnectionError());
  })();
  const watch = (fail: (error: Error) => void): (() => void) => {
    unanswered.add(fail);
    return () => void unanswered.delete(fail);
  };
  return {
    watch,
    async ask(request) {
      const lost = Promise.withResolvers<never>();
      const answered = watch(lost.reject);
      try {
        return await Promise.race([request(), lost.promise]);
      } finally {
        answered();
      }
    },
  };
}
