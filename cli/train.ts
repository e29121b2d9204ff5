/** `foretick train`: a new model from everything that the store holds. */
import { join } from 'node:path';
import { Command } from 'commander';
import { wallClock } from '../runtime/clock.ts';
import { configPath, loadConfig } from '../runtime/config.ts';
import { RefusedError } from '../runtime/errors.ts';
import { openReader } from '../store/open.ts';
import { connect } from '../streams/edge/connect.ts';
import { followModelEvents } from '../streams/edge/modelEvents.ts';
import { lastOfSubject } from '../streams/edge/stored.ts';
import { parseFrame } from '../streams/messages/frame.ts';
import { ADMIN } from '../streams/permissions.ts';
import { FEATURES } from '../streams/streams.ts';
import { featuresSubject } from '../streams/subjects.ts';
import { findLightgbm } from '../trainer/models/lightgbmLibrary.ts';
import { trainAndPromote } from '../trainer/promote.ts';
import { chosenUniverse } from './chosenUniverse.ts';
import { DEFAULT_DATA_DIR } from './defaults.ts';

/** In virtual time a decision made at frame T holds from T + 60 s, so that a replay can repeat it. */
const VIRTUAL_DELAY_US = 60_000_000;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

interface TrainOptions { readonly data: string; readonly universe?: string; readonly registerOnly?: boolean; readonly ungated?: boolean; readonly json?: boolean }

export const trainCommand = (): Command => new Command('train')
  .description('Train a model on everything recorded so far, choose the family by purged walk-forward, register and promote it.')
  .option('--data <dir>', 'data folder of a running `foretick up`', DEFAULT_DATA_DIR)
  .option('--universe <name>', 'which one, where there are several')
  .option('--register-only', 'register it, but leave the champion as it is')
  .option('--ungated', 'serve the best candidate even where none beats the zero forecast')
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick train\n  ./foretick train --register-only --json\nThe pipeline must be running: the model goes to its registry and MODELS.')
  .action(async (options: TrainOptions) => {
    const started = performance.now();
    const config = loadConfig(configPath(options.data));
    const universe = chosenUniverse(config, options.universe);
    const connection = await Promise.race([connect(config.nats, ADMIN, silent), rejectAfter(5_000, config.nats.url)]);
    const last = await lastOfSubject(connection, FEATURES, featuresSubject(universe.name));
    if (last === null) throw new RefusedError('there are no frames yet', 'Start `./foretick up` and let it run for a while.');
    const reader = await openReader(config.store.url);
    const fromFrame = config.feed.virtual ? parseFrame(last.data).ts + VIRTUAL_DELAY_US : wallClock.nowUs();
    const model = await trainAndPromote({
      connection, config, universe, reader, wall: wallClock, lightgbmLibrary: findLightgbm(join(import.meta.dirname, '..')), untilTs: null, fromFrame,
      who: 'operator', why: 'foretick train', registerOnly: options.registerOnly ?? false, ungated: options.ungated ?? config.training.ungated,
      onProgress: (done, text) => process.stderr.write(`  ${Math.round(done * 100)} %  ${text}\n`),
    });
    const { events } = await followModelEvents(connection, universe.name, new AbortController().signal);
    const event = events.findLast((candidate) => candidate.model === model)!;
    const seconds = (performance.now() - started) / 1_000;
    console.log(options.json ? JSON.stringify({ model, kind: event.kind, fromFrame: event.fromFrame, evidence: event.evidence, seconds }) : `${model} ${event.kind} in ${seconds.toFixed(1)} s; holds from frame ${new Date(event.fromFrame / 1_000).toISOString()}`);
    await reader.close();
    await connection.close();
    process.exit(0);
  });

const rejectAfter = (ms: number, url: string): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new RefusedError(`no NATS server answers at ${url}`, 'Start the pipeline with `./foretick up` first.')), ms).unref());
