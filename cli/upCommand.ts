/** The command line of `foretick up`. */
import { Command } from 'commander';
import { DEFAULT_DATA_DIR } from './defaults.ts';
import { collect } from './options.ts';
import { up, type UpOptions } from './up.ts';

const HELP = `
Sources:
  binance                        live public data, BTCUSDT and ETHUSDT of USD-M futures; no key is needed
  binance:spot:BTCUSDT,SOLUSDT   market (spot or usdm), then symbols; A+B merges spot and usdm into one feed
  simulator:SEED                 a made-up market, the same for the same seed; ,minutes=90 ends it, ,symbols=8, ,walk = nothing to predict
  recording:PATH[,PATH…]         recorded Binance frames or US equity ticks; replayed with the time they had

Examples:
  ./foretick up
  ./foretick up --source simulator:7 --universe demo=ALFA,BRAVO --step 500ms --horizons 1s,5s
  ./foretick up --source recording:../shared/data/binance-usdm --speed 10
  ./foretick up --source recording:../shared/data/binance-usdm --speed max --exit --json >summary.json
  ./foretick up --nats nats://user:password@10.0.0.5:4222 --data ./second --port 8766
  ./foretick up --nats tls://a:4222,tls://b:4222,tls://c:4222 --nats-ca ca.pem --nats-creds foretick.creds --replicas 3

A data folder belongs to one source and universe. Starting again with it goes on where it stopped; options that are left
out are as before. Ctrl-C finishes what is under way and stops everything within ten seconds.`;

export const upCommand = (): Command => new Command('up')
  .description('Install what is missing, start the pipeline, train a first model, and serve forecasts, their scores and the dashboard.')
  .option('--source <source>', 'where ticks come from (default: the live market if it answers within 3 s, else simulator:1)')
  .option('--universe <name>', 'NAME, or NAME=SYMBOL,SYMBOL… to take some of the source\'s symbols; may be given several times (default: main, all of them)', collect)
  .option('--workers <n>', 'processes that share the universes by leases (default: 2 where there are several universes; one universe has a process a service)')
  .option('--step <time>', 'step of the frame grid, 100ms to 60s (default: 1s)')
  .option('--horizons <times>', 'how far ahead to forecast, multiples of the step (default: 1s,5s,15s)')
  .option('--speed <n>', 'recordings and simulator: 1, 60, or max; what trains the first model is always replayed at full speed (default: 1)')
  .option('--train-until <time>', 'recordings and simulator: ISO time (UTC) or µs; data before it train, data after it are judged (default: 60 % of the span; the simulator\'s first hour)')
  .option('--data <dir>', 'data folder', DEFAULT_DATA_DIR)
  .option('--port <port>', 'of the dashboard and API on 127.0.0.1 (default: 8765 or the next free one)')
  .option('--store <url>', 'history: sqlite:PATH (default: history.db in the data folder) or questdb:http://USER:PASSWORD@HOST:9000, /NAME behind it where several share the server')
  .option('--cache <url>', 'where the newest price, forecast, score and features of each instrument stand: memory:, in the gateway (default), or redis://HOST:PORT, for other systems too')
  .option('--nats <url>', 'use this NATS server with JetStream instead of starting one; a cluster\'s nodes: URL,URL,URL; tls://HOST:PORT for TLS')
  .option('--nats-creds <path>', 'who we are there: an nkey seed, a .creds file, or a folder with one for each service')
  .option('--nats-ca <file>', 'the authority that signed its certificate, where the system does not know it')
  .option('--nats-cert <file>', 'our certificate, where it asks for one')
  .option('--nats-key <file>', 'the key of that certificate')
  .option('--sync <when>', 'always: the server that foretick starts acknowledges nothing before it is on the disk, so a power cut loses nothing; slower (default: default, every two minutes)')
  .option('--replicas <n>', 'copies of each stream in a cluster: 1, 3 or 5 (default: 1)')
  .option('--ungated', 'serve the best model even where none beats the zero forecast (for experiments)')
  .option('--exit', 'stop when the source has ended and everything is judged; print a summary')
  .option('--json', 'with --exit: print the summary as one JSON object on stdout, progress on stderr')
  .addHelpText('after', HELP)
  .action(async (options: UpOptions) => {
    process.exit(await up(options));
  });
