/** Ports of this machine's loopback address. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

const HOST = '127.0.0.1';
const RANGE = [15_000, 32_000] as const;
const TRIES = 100;

async function listenOnce(port: number): Promise<number | null> {
  const server = createServer();
  try {
    server.listen(port, HOST);
    await once(server, 'listening');
  } catch {
    return null;
  }
  const taken = (server.address() as AddressInfo).port;
  server.close();
  await once(server, 'close');
  return taken;
}

export const isPortFree = async (port: number): Promise<boolean> => (await listenOnce(port)) !== null;

/**
 * A port that nobody listens on, from below the ranges that systems give to outgoing connections (32768 on Linux, 49152
 * elsewhere): between this answer and the use of it, any program's connection could take one of those.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = await listenOnce(randomInt(...RANGE));
    if (port !== null) return port;
  }
  throw new Error(`none of ${TRIES} ports tried between ${RANGE[0]} and ${RANGE[1]} is free`);
}

export async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
