/** `foretick nats-users DIR`: what a NATS server or cluster of one's own needs to give each service its own user with the least rights. */
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { usersConfigText } from '../infra/nats/config.ts';
import { readerCredentials, serviceKeys, writePrivate } from '../infra/secrets.ts';

const FEEDS = 'binance-spot,binance-usdm,recording,simulator';

export const natsUsersCommand = (): Command => new Command('nats-users')
  .description('Make a key for each service, and users.conf with their rights, to be included by the configuration of your own nats-server. Repeating it keeps the keys.')
  .argument('<dir>', 'folder for the keys and users.conf; keep it private')
  .option('--feeds <names>', 'feeds that the services may follow', FEEDS)
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExample:\n  ./foretick nats-users ./nats-keys\n  Each node includes users.conf (infra/nats/cluster/node.conf is an example), and up is given the folder:\n  ./foretick up --nats tls://a:4222,tls://b:4222,tls://c:4222 --nats-ca ca.pem --nats-creds ./nats-keys --replicas 3')
  .action((dir: string, options: { feeds: string; json?: boolean }) => {
    const folder = resolve(dir);
    const file = join(folder, 'users.conf');
    const publicKeys = serviceKeys(folder);
    writePrivate(file, usersConfigText({ publicKeys, readerPass: readerCredentials(folder).pass, feeds: options.feeds.split(',').map((feed) => feed.trim()) }));
    if (options.json === true) console.log(JSON.stringify({ folder, file, publicKeys }));
    else console.log(`${file}: ${Object.keys(publicKeys).length} services and the reader\ninclude it on each node, reload, then: ./foretick up --nats … --nats-creds ${folder}`);
  });
