/** Ports of this machine's loopback address. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

const HOST = '127.0.0.1';

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

export async function freePort(): Promise<number> {
  const port = await listenOnce(0);
  if (port === null) throw new Error('this machine has no free port left');
  return port;
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
