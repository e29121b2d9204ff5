/** `foretick token`: the token and login link of a data folder. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { configPath, loadConfig } from '../runtime/config.ts';
import { RefusedError } from '../runtime/errors.ts';
import { dataSecrets, isOwnServer, tokenPath } from '../infra/secrets.ts';
import { DEFAULT_DATA_DIR } from './defaults.ts';

export const tokenCommand = (): Command => new Command('token')
  .description('Print the login link, the API token and the read-only NATS user of a data folder. Whoever has them can read everything: keep them private.')
  .option('--data <dir>', 'data folder', DEFAULT_DATA_DIR)
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick token\n  curl -H "Authorization: Bearer $(./foretick token --json | node -p \'JSON.parse(require("fs").readFileSync(0)).token\')" http://127.0.0.1:8765/api/v1/universes')
  .action((options: { data: string; json?: boolean }) => {
    const dataDir = resolve(options.data);
    if (!existsSync(tokenPath(dataDir))) throw new RefusedError(`${dataDir}: nothing was started there yet`, 'Start it with ./foretick up, or name its folder with --data DIR.');
    const { token, reader } = dataSecrets(dataDir);
    const { gateway, nats } = loadConfig(configPath(dataDir));
    const login = `http://${gateway.host}:${gateway.port}/login?token=${token}`;
    // Who may read a server of somebody else's is for them to say.
    const readable = isOwnServer(nats.credentialsFile, dataDir) ? reader : null;
    if (options.json === true) console.log(JSON.stringify({ login, token, nats: { url: nats.url, ...readable } }));
    else console.log(`login   ${login}\ntoken   ${token}\nnats    --server ${nats.url}${readable === null ? '' : ` --user ${readable.user} --password ${readable.pass}`}`);
  });
