/** Starts the limits' processes (bareChild.ts) and times them. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Order } from './bareChild.ts';

const CHILD = join(import.meta.dirname, 'bareChild.ts');

export interface Bare { go(): void; done(): Promise<number>; end(): Promise<void> }

/** Ready to go. */
export async function startBare(order: Order): Promise<Bare> {
  const child = fork(CHILD, [JSON.stringify(order)], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const heard = (type: string): Promise<{ seconds: number }> => new Promise((resolve, reject) => {
    child.on('message', (message: { type: string; seconds: number }) => message.type === type && resolve(message));
    child.once('exit', (code) => reject(new Error(`${order.kind} ended with ${code}`)));
  });
  const done = heard('done');
  done.catch(() => undefined);
  await heard('ready');
  return {
    go: () => void child.send({ type: 'go' }),
    done: async () => (await done).seconds,
    async end() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** Seconds until the last of them is done. */
export async function timeBare(orders: readonly Order[]): Promise<number> {
  const parts = await Promise.all(orders.map(startBare));
  try {
    for (const part of parts) part.go();
    return Math.max(...(await Promise.all(parts.map((part) => part.done()))));
  } finally {
    await Promise.all(parts.map((part) => part.end()));
  }
}
