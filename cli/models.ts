/** `foretick models`: the MODELS events of a universe, which are the truth about its models. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { configPath, loadConfig } from '../runtime/config.ts';
import { championAt } from '../quant/champion.ts';
import { followModelEvents } from '../streams/edge/modelEvents.ts';
import type { ModelEvent } from '../streams/messages/model.ts';
import { chosenUniverse } from './chosenUniverse.ts';
import { DEFAULT_DATA_DIR } from './defaults.ts';
import { openConnection } from './nats.ts';

const time = (ts: number): string => new Date(ts / 1_000).toISOString();
const eventLine = (event: ModelEvent): string => `${time(event.at)}  ${event.kind.padEnd(11)} ${event.model}  from frame ${time(event.fromFrame)}  by ${event.who}: ${event.why}`;

export const modelsCommand = (): Command => new Command('models')
  .description('List what happened to the models of a running pipeline, oldest first, and which one is the champion.')
  .option('--data <dir>', 'data folder of a running `foretick up`', DEFAULT_DATA_DIR)
  .option('--universe <name>', 'which one, where there are several')
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick models\n  ./foretick models --json')
  .action(async (options: { data: string; universe?: string; json?: boolean }) => {
    const config = loadConfig(configPath(resolve(options.data)));
    const { name } = chosenUniverse(config, options.universe);
    const connection = await openConnection(config);
    const abort = new AbortController();
    const { events } = await followModelEvents(connection, name, abort.signal);
    abort.abort();
    const champion = championAt(events, Infinity);
    if (options.json === true) console.log(JSON.stringify({ universe: name, champion, events }));
    else console.log([...events.map(eventLine), champion === null ? `universe ${name} has no model yet; ./foretick status says what it waits for` : `champion of ${name}: ${champion}`].join('\n'));
    await connection.close();
    process.exit(0);
  });
