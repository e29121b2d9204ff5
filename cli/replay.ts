/** `foretick replay PATH… --out DIR`: a recording through the live code, offline, without NATS. */
import { createHash } from 'node:crypto';
import { createWriteStream, mkdirSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { Command } from 'commander';
import { createFrameEngine } from '../quant/frames/engine.ts';
import { frameBytes } from '../quant/frames/message.ts';
import { featureSchema } from '../quant/frames/schema.ts';
import { openRecording } from '../streams/sources/recording.ts';

export interface ReplaySummary { readonly frames: number; readonly trades: number; readonly quotes: number; readonly dropped: Record<string, number>; readonly sha256: string; readonly schema: string; readonly file: string | null; readonly seconds: number }
export interface ReplayOptions { readonly universe: string; readonly stepMs: number; readonly out: string | null; readonly onProgress?: (frames: number) => void }

/** Frame bodies, one a line, in OUT/frames.ndjson; the digest is over the bodies alone, as everywhere. */
export async function replay(paths: readonly string[], options: ReplayOptions): Promise<ReplaySummary> {
  const started = performance.now();
  const source = await openRecording([...paths]);
  const { features, hash } = featureSchema(options.stepMs);
  const instruments = source.instruments;
  const engine = createFrameEngine({ instruments, leaders: instruments.slice(0, 2), stepMs: options.stepMs, features });
  const file = options.out === null ? null : join(options.out, 'frames.ndjson');
  if (options.out !== null) mkdirSync(options.out, { recursive: true });
  const output = file === null ? null : createWriteStream(file);
  const digest = createHash('sha256');
  let frames = 0;
  for await (const chunk of source.messages(new AbortController().signal)) {
    for (const message of chunk) {
      for (const frame of engine.push(message)) {
        const bytes = frameBytes(options.universe, hash, instruments, frame);
        digest.update(bytes);
        frames += 1;
        if (output !== null && !(output.write(bytes) && output.write('\n'))) await once(output, 'drain');
      }
    }
    options.onProgress?.(frames);
  }
  if (output !== null) {
    output.end();
    await once(output, 'finish');
  }
  const { trades, quotes, dropped } = source.counts;
  return { frames, trades, quotes, dropped, sha256: digest.digest('hex'), schema: hash, file, seconds: (performance.now() - started) / 1_000 };
}

export const replayCommand = (): Command => new Command('replay')
  .description('Run a recording through the feature code, offline: the frames are the bytes that the live path publishes.')
  .argument('<path...>', 'recording files or folders')
  .option('--out <dir>', 'write the frame bodies to DIR/frames.ndjson')
  .option('--universe <name>', 'name of the universe in the frames', 'main')
  .option('--step <ms>', 'step of the grid', Number, 1_000)
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExample:\n  ./foretick replay ../shared/data/binance-usdm --out /tmp/frames\n  Compare its sha256 with the one that `up … --exit --json` prints: live and replay are one code path.')
  .action(async (paths: string[], options: { out?: string; universe: string; step: number; json?: boolean }) => {
    let said = performance.now();
    const onProgress = (frames: number): void => {
      if (performance.now() - said < 2_000) return;
      said = performance.now();
      process.stderr.write(`  ${frames} frames…\n`);
    };
    const summary = await replay(paths, { universe: options.universe, stepMs: options.step, out: options.out ?? null, onProgress });
    if (options.json) console.log(JSON.stringify(summary));
    else console.log(`${summary.frames} frames from ${summary.trades} trades and ${summary.quotes} quotes in ${summary.seconds.toFixed(1)} s\nsha256 ${summary.sha256}${summary.file === null ? '' : `\nwritten to ${summary.file}`}`);
  });
