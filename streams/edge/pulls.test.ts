/** Pulls on a real server: what ends them, and what comes after their end. What they give is in journal.conformance.ts. */
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect as dial, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import { pause } from '../../tests/support/pause.ts';
import { createLostAnswers } from './lostAnswers.ts';
import { openPulls, type Pulls } from './pulls.ts';

describe.skipIf(natsServerPath() === null)('pulls', () => {
  let server: NatsServer;
  let nc: NatsConnection;
  let jsm: JetStreamManager;

  beforeAll(async () => {
    server = await startNatsServer();
    nc = await dial({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name: 'S', subjects: ['s'] });
  });
  afterAll(async () => {
    await nc.close();
    await server.stop();
  });

  /** A reader of what is published from now on. */
  async function open(own = nc): Promise<{ pulls: Pulls; consumer: string }> {
    const { name: consumer } = await jsm.consumers.add('S', { ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.New, mem_storage: true });
    return { pulls: openPulls({ nc: own, inboxPrefix: '_INBOX', lost: createLostAnswers(own), stream: 'S', consumer }), consumer };
  }
  const publish = async (...bodies: string[]): Promise<void> => {
    for (const body of bodies) await jetstream(nc).publish('s', body);
  };
  /** The bodies, then how it ended. */
  async function read(pulls: Pulls, messages: number, expiresMs: number, onMessage: (body: string) => void = () => undefined, signal?: AbortSignal): Promise<string[]> {
    const seen: string[] = [];
    try {
      for await (const some of pulls.pull({ messages }, expiresMs, signal)) {
        for (const { data } of some) {
          seen.push(new TextDecoder().decode(data));
          onMessage(seen.at(-1)!);
        }
      }
      return [...seen, 'end'];
    } catch (error) {
      return [...seen, (error as Error).message || (error as Error).name];
    }
  }

  it('end when as many came, and when their time is over', async () => {
    const { pulls } = await open();
    await publish('1', '2', '3');
    expect(await read(pulls, 2, 60_000)).toEqual(['1', '2', 'end']);
    expect(await read(pulls, 2, 50)).toEqual(['3', 'end']);
    expect(await read(pulls, 2, 50)).toEqual(['end']);
    pulls.close();
  });

  it('what comes for a pull that was given up is the first of the next, in order and once', async () => {
    const { pulls } = await open();
    const abort = new AbortController();
    const given = read(pulls, 10, 60_000, () => abort.abort(), abort.signal);
    await publish('1', '2', '3', '4');
    const first = await given;
    expect(first).toEqual(['1', '2', '3', '4'].slice(0, first.length - 1).concat('end'));
    expect(first.slice(0, -1).concat(await read(pulls, 5 - first.length, 60_000))).toEqual(['1', '2', '3', '4', 'end']);
    pulls.close();
  });

  it('say that the reader is gone: while they wait, and when they ask', async () => {
    const { pulls, consumer } = await open();
    const waiting = read(pulls, 1, 60_000);
    await nc.flush();
    await jsm.consumers.delete('S', consumer);
    expect(await waiting).toEqual(['the server ends a pull with 409 Consumer Deleted']);
    expect(await read(pulls, 1, 60_000)).toEqual([expect.stringMatching(/^the server ends a pull with 503/)]);
    pulls.close();
  });

  it('say that nothing is heard of a server that hangs, a moment after their time', async () => {
    const { pulls } = await open();
    await pause(server.pid());
    try {
      expect(await read(pulls, 1, 100)).toEqual(['timeout']);
    } finally {
      process.kill(server.pid(), 'SIGCONT');
    }
    pulls.close();
  });

  it('say once the connection is back that it was lost, and at once that it is closed', async () => {
    const own = await dial({ servers: server.url, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const { pulls } = await open(own);
    const waiting = read(pulls, 1, 60_000);
    await own.flush();
    await server.kill();
    await server.start();
    expect(await waiting).toEqual(['the connection was lost before the answer came']);
    const closed = read(pulls, 1, 60_000);
    await own.close();
    expect(await closed).toEqual([expect.stringMatching(/closed|503/)]);
    expect(await read(pulls, 1, 60_000)).toEqual([expect.stringMatching(/closed/)]);
  });
});
