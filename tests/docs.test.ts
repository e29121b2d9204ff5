/**
 * Every command that README.md and docs/ show is run, as it is shown, against pipelines of its own: what `./foretick` is
 * in the texts is a script that calls cli/main.ts with a temporary data folder. A command with no way of running it here
 * fails, and so does a way that no text needs any more.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nats-io/transport-node';
import { servicesOf } from '../cli/pipeline.ts';
import { openStore } from '../store/open.ts';
import type { SoakReport } from '../cli/soak/report.ts';
import type { OnlineInfo } from '../sdk/api.ts';
import { natsConfigPath } from '../infra/secrets.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocks, commands, pageOf, ROOT } from './support/docs.ts';
import { natsServerPath, type NatsServer, startNatsServer } from './support/natsServer.ts';
import { hearsForecasts, mayNothingElse } from './support/natsReader.ts';
import { type Run, startUp, summaryOf, until } from './support/pipeline.ts';
import { questdbJars, startQuestServer } from './support/questdb.ts';
import { recording } from './support/recordings.ts';

const dir = mkdtempSync(join(tmpdir(), 'foretick-docs-'));
const sharedData = join(dir, 'shared');
const recorded = recording('binance-spot');
const bars = recording('bars-5m');
const COMMANDS = commands();
const LOGIN = /(http:\/\/[^/\s]+)\/login\?token=(\S+)/;
/** The data folder is said where the text leaves it out: a reader has one, tests have their own. */
const SHIM = `#!/bin/sh
case "$1" in up|worker|status|models|train|import|token|doctor|backup) set -- "$@" --data '${sharedData}' ;; esac
exec '${process.execPath}' '${join(ROOT, 'cli/main.ts')}' "$@"
`;

interface Ended { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** In a shell, in the folder where `./foretick` is the script above. */
async function sh(text: string, env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn('/bin/sh', ['-c', text], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '', ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

async function succeeds(text: string): Promise<string> {
  const { code, stdout, stderr } = await sh(text);
  expect(code, `${text}\n${stderr}`).toBe(0);
  return stdout;
}

/** An `up` of the texts, with what they leave open. */
const startAsShown = (command: string, fill: Readonly<Record<string, string>>, more: readonly string[]): Run =>
  startUp([...command.replace('./foretick up', '').trim().split(/\s+/).filter((word) => word !== '').map((word) => Object.entries(fill).reduce((text, [name, value]) => text.replace(name, value), word)), ...more]);

async function servesAndStops(run: Run): Promise<string> {
  await until('the login link', () => LOGIN.test(run.stdout()) || run.child.exitCode !== null);
  run.child.kill('SIGTERM');
  expect(await run.ended, run.stderr() + run.stdout()).toBe(0);
  expect(run.stdout()).toMatch(LOGIN);
  return run.stdout();
}

async function stop(run: Run | undefined): Promise<void> {
  if (run === undefined || run.child.exitCode !== null) return;
  run.child.kill('SIGTERM');
  await run.ended;
}

describe.skipIf(natsServerPath() === null)('the documentation', () => {
  /** One pipeline for all commands that need one; and a recording that goes through at full speed meanwhile. */
  let shared: Run;
  let whole: Run | null = null;
  let address: string;
  let token: string;
  const ask = async (path: string): Promise<unknown> => (await fetch(`${address}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } })).json();

  beforeAll(async () => {
    writeFileSync(join(dir, 'foretick'), SHIM, { mode: 0o755 });
    shared = startAsShown('./foretick up', {}, ['--source', 'simulator:1', '--data', sharedData, '--port', '0']);
    await until('the first forecast', () => /first forecast/.test(shared.stdout()) || shared.child.exitCode !== null, 180_000);
    [, address = '', token = ''] = LOGIN.exec(shared.stdout()) ?? [];
    if (recorded !== null) whole = startAsShown(WHOLE, { PATH: recorded, DIR: join(dir, 'whole') }, ['--port', '0']);
  }, 240_000);
  afterAll(async () => {
    await Promise.all([stop(shared), stop(whole ?? undefined)]);
    rmSync(dir, { recursive: true, force: true });
  }, 30_000);

  const WHOLE = './foretick up --source recording:PATH --speed max --exit --data DIR --json';
  const listen = async (): Promise<void> => {
    const [, servers = '', user = '', pass = ''] = /nats sub 'latest\.prediction\.>' --server (\S+) --user (\S+) --password (\S+)/.exec(shared.stdout()) ?? [];
    const reader = await connect({ servers, user, pass, reconnect: false });
    try {
      await hearsForecasts(reader);
      const before = await succeeds('./foretick models --json');
      await mayNothingElse(reader);
      expect(JSON.parse(before)).toMatchObject({ events: expect.arrayContaining([expect.objectContaining({ kind: 'promoted' })]) });
      expect(await succeeds('./foretick models --json')).toBe(before);
    } finally {
      await reader.close();
    }
  };
  const importBars = async (command: string): Promise<void> => {
    const file = bars === null ? join(dir, 'bars.csv') : join(bars, 'WIF_USDT-5m.feather');
    if (bars === null) writeFileSync(file, 'date,open,high,low,close,volume\n2024-09-07T02:20:00Z,1,1,1,1,1\n2024-09-07T02:25:00Z,1.493,1.496,1.491,1.491,144632.44\n');
    await succeeds(command.replace('FILE', file).replace('VENUE.SYMBOL', 'binance-spot.WIFUSDT'));
    const stored = (await ask('/bars?instrument=binance-spot.WIFUSDT&interval=5m&limit=2')) as { ts: number }[];
    expect(stored[1]).toEqual({ ts: 1_725_675_900_000_000, open: 1.493, high: 1.496, low: 1.491, close: 1.491, volume: 144_632.44, trades: 0 });
    expect(stored[1]!.ts - stored[0]!.ts).toBe(300_000_000);
    expect(await ask('/bars?instrument=binance-spot.WIFUSDT&interval=1h')).toMatchObject({ error: expect.stringContaining('no bars of 1h') });
  };
  const importTicks = async (command: string): Promise<void> => {
    const file = join(dir, 'trades.csv');
    writeFileSync(file, 'time,price,qty,side\n2024-01-02T00:00:00.5Z,7.25,3,buy\n2024-01-02T00:00:01Z,7.5,1,sell\n');
    await succeeds(command.replace('FILE', file).replace('VENUE.SYMBOL', 'csv.ABC'));
    expect(await ask('/ticks?instrument=csv.ABC')).toMatchObject([{ type: 'trade', price: 7.25, size: 3, side: 'buy' }, { price: 7.5, tsEvent: 1_704_153_601_000_000 }]);
  };
  const train = async (command: string): Promise<void> => expect(await succeeds(command)).toMatch(/(registered|promoted) in .* holds from frame/);
  /** The short form: every service is seen, and nothing is said against memory so soon. */
  const soak = async (command: string): Promise<void> => {
    const { stdout, stderr } = await sh(command.replace('--rate 5000 --minutes 60', '--rate 400 --minutes 0.1 --symbols 4 --json'));
    expect(stdout, stderr).not.toBe('');
    const report = JSON.parse(stdout) as SoakReport;
    expect(report.services.map(({ name }) => name).toSorted()).toEqual([...servicesOf({ workers: 0 }), 'nats-server', 'up'].toSorted());
    expect(report.ticksPerSecond.measured).toBeGreaterThan(100);
    for (const { name, rss, heap, loopLagMostMs } of report.services) {
      expect(rss, name).toMatchObject({ verdict: 'too short' });
      expect(rss!.lastMb, name).toBeGreaterThan(10);
      if (servicesOf({ workers: 0 }).includes(name)) expect([heap !== null, loopLagMostMs !== null], name).toEqual([true, true]);
    }
    for (const stored of ['TICKS-simulator', 'store']) expect(report.disk.find(({ what }) => what === stored)?.mb, stored).toBeGreaterThan(0);
  };
  const shows = (pattern: RegExp) => async (command: string): Promise<void> => expect(await succeeds(command)).toMatch(pattern);
  const withTool = (tool: string, run: (command: string) => Promise<void>) => async (command: string): Promise<void> => {
    if ((await sh(`command -v ${tool}`)).code === 0) await run(command);
    else console.warn(`not run, this machine has no ${tool}: ${command}`);
  };

  const migrate = async (command: string): Promise<void> => {
    const store = openStore(join(dir, 'from.db'));
    await store.write({ cursors: { 'TICKS-main': 1 }, feed: { name: 'main', rows: [{ seq: 1, subject: 'clock.main', tsInit: 1, body: Uint8Array.of(1) }] } });
    await store.close();
    expect(await succeeds(command.replace('FROM', join(dir, 'from.db')).replace('TO', join(dir, 'to.db')))).toMatch(/1 rows? in .*the same sums/);
  };
  const restore = async (command: string, name: string): Promise<void> => {
    if (!existsSync(join(dir, 'backup'))) await succeeds(`./foretick backup '${join(dir, 'backup')}'`);
    expect(await succeeds(command.replace('DIR', join(dir, 'backup')).replace('DATA', join(dir, name)))).toContain('goes on');
  };
  const RUNS: Readonly<Record<string, (command: string) => Promise<void>>> = {
    './foretick store migrate --from FROM --to TO': migrate,
    // Installs on the machine itself: only that the packages exist is looked up.
    'apt-get install -y npm python3-pip': withTool('apt-cache', async (command) => void (await succeeds(command.replace('apt-get install -y', 'apt-cache show')))),
    'brew install node': withTool('brew', async () => void (await succeeds('brew info node'))),
    './foretick up': async () => expect(shared.stdout()).toMatch(/first forecast after [\d.]+ s/),
    // What runs this very test.
    './foretick test': async () => expect(readFileSync(join(ROOT, '.ci/run'), 'utf8')).toMatch(/^exec \.\/foretick test$/m),
    './foretick --help': shows(/Commands:/),
    './foretick doctor': async (command) => expect((await sh(command)).stdout).toMatch(/^ok +nats-server/m),
    './foretick status': shows(/^gateway +running/m),
    './foretick models': shows(/^champion of main: /m),
    './foretick backup DIR': async (command) => expect(await succeeds(command.replace('DIR', join(dir, 'backup')))).toMatch(/backup: \d+ files/),
    './foretick restore DIR --data DATA': (command) => restore(command, 'restored'),
    './foretick up --data DATA': async (command) => {
      await restore('./foretick restore DIR --data DATA', 'goes-on');
      await servesAndStops(startAsShown(command, { DATA: join(dir, 'goes-on') }, ['--port', '0']));
    },
    './foretick up --store questdb:http://USER:PASSWORD@HOST:9000': async (command) => {
      const jars = await questdbJars();
      if (jars === null) return;
      const server = await startQuestServer(jars);
      try {
        const data = join(dir, 'questdb');
        await servesAndStops(startAsShown(command, { 'questdb:http://USER:PASSWORD@HOST:9000': server.url('docs') }, ['--source', 'simulator:2', '--data', data, '--port', '0']));
        expect(existsSync(join(data, 'history.db'))).toBe(false);
      } finally {
        await server.stop();
      }
    },
    './foretick nats-users DIR': async (command) => expect(await succeeds(command.replace('DIR', join(dir, 'nats-keys')))).toMatch(/users\.conf: \d+ services and the reader/),
    './foretick worker': async () => {
      const data = join(dir, 'universes');
      const run = startUp(['--source', 'simulator:2', '--universe', 'a=ALFA', '--universe', 'b=BRAVO', '--workers', '1', '--data', data, '--port', '0']);
      await until('the login link', () => LOGIN.test(run.stdout()) || run.child.exitCode !== null);
      const worker = spawn(process.execPath, [join(ROOT, 'cli/main.ts'), 'worker', '--data', data], { stdio: ['ignore', 'pipe', 'ignore'] });
      let log = '';
      worker.stdout.on('data', (chunk: Buffer) => (log += String(chunk)));
      await until('a universe for it', () => log.includes('"msg":"universe claimed"') || worker.exitCode !== null);
      worker.kill('SIGINT');
      expect((await once(worker, 'exit'))[0], log).toBe(0);
      await servesAndStops(run);
      // Where there is nothing to share it would only be in the way.
      const { code, stdout } = await sh('./foretick worker');
      expect([code, stdout]).toEqual([2, expect.stringContaining('nothing to share') as string]);
    },
    './foretick token': async (command) => expect(await succeeds(command)).toContain(`login   ${address}/login?token=${token}`),
    './foretick train --register-only': train,
    './foretick train': train,
    './foretick import FILE --instrument VENUE.SYMBOL --kind bars': importBars,
    './foretick import FILE --instrument VENUE.SYMBOL --kind ticks': importTicks,
    './foretick soak --rate 5000 --minutes 60': soak,
    'node bench/profile.ts FILE.cpuprofile': async (command) => {
      await succeeds(`'${process.execPath}' --cpu-prof --cpu-prof-name=some.cpuprofile --eval 'for (let i = 0; i < 1e7; i++) Math.sin(i)'`);
      expect(await succeeds(command.replace('node bench', `'${process.execPath}' '${ROOT}/bench`).replace('.ts FILE', ".ts' some"))).toMatch(/^busy [\d.]+ s; time of their own:$/m);
    },
    './foretick chaos --source recording:PATH --kills 100': async (command) => {
      const { stdout } = await sh(command.replace('recording:PATH --kills 100', 'simulator:1,minutes=4 --universe a=ALFA,BRAVO --universe b=CHARLIE,DELTA --workers 2 --kills 2 --speed 60'));
      expect(stdout).toMatch(/^2 kills in \d+ runs?, 0 mismatches$/m);
    },
    "nats sub 'latest.prediction.>'": listen,
    "nats sub 'latest.prediction.>' --server nats://HOST:PORT --user reader --password PASSWORD": async () => expect(await succeeds('./foretick token')).toMatch(/^nats +--server nats:\/\/127\.0\.0\.1:\d+ --user reader --password \S+$/m),
    [blocks(pageOf('docs/API.md'), 'sh')[0]!]: withTool('curl', async (command) => {
      const symbols = JSON.parse(await succeeds(command.replace('http://127.0.0.1:8765', address).replace('curl', 'curl -sS --fail'))) as { instrument: string }[];
      expect(symbols.map(({ instrument }) => instrument)).toContain('sim.ALFA');
    }),
    [blocks(pageOf('docs/API.md'), 'sh')[1]!]: withTool('curl', async (command) => {
      const { from, instruments } = JSON.parse(await succeeds(command.replace('http://127.0.0.1:8765', address).replace('curl', 'curl -sS --fail'))) as OnlineInfo;
      expect([from, instruments.map(({ instrument }) => instrument)]).toEqual(['memory', ['sim.ALFA', 'sim.BRAVO']]);
    }),
    // A whole run takes a quarter of an hour: its quick form, which bench/bench.test.ts has for every bench.
    './foretick bench': async (command) => expect(JSON.parse(await succeeds(`${command} --quick --only features --json`))).toMatchObject({ quick: true, results: [{ bench: 'features', unit: 'ticks/s' }] }),
    './foretick bench --only features,queries': async (command) => expect(await succeeds(`${command} --quick`)).toMatch(/full feature set[^]*a day of 1 s bars/),
    './foretick up --data DIR --port 0': async (command) => expect(await servesAndStops(startAsShown(command, { DIR: join(dir, 'second') }, ['--source', 'simulator:2']))).toContain('SIMULATED MARKET'),
    './foretick up --sync always': async (command) => {
      await servesAndStops(startAsShown(command, {}, ['--source', 'simulator:2', '--port', '0', '--data', join(dir, 'synced')]));
      expect(readFileSync(natsConfigPath(join(dir, 'synced')), 'utf8')).toContain('sync_interval: always');
    },
    './foretick up --nats nats://HOST:PORT': async (command) => {
      const server: NatsServer = await startNatsServer();
      try {
        const said = await servesAndStops(startAsShown(command, { 'nats://HOST:PORT': server.url }, ['--source', 'simulator:2', '--data', join(dir, 'own-nats'), '--port', '0']));
        expect(said).not.toContain('starting nats-server');
      } finally {
        await server.stop();
      }
    },
    './foretick up --source recording:PATH': async (command) => {
      if (recorded !== null) expect(await servesAndStops(startAsShown(command, { PATH: recorded }, ['--data', join(dir, 'recorded'), '--port', '0']))).toContain('RECORDED MARKET');
    },
    [WHOLE]: async () => {
      if (whole === null) return;
      expect(await whole.ended, whole.stderr()).toBe(0);
      expect(summaryOf(whole)).toMatchObject({ trades: 15_863, quotes: 52_117, frames: 345, predictions: 345 });
    },
    './foretick replay PATH --json': async (command) => {
      if (whole === null || recorded === null) return;
      const { sha256 } = JSON.parse(await succeeds(command.replace('PATH', recorded))) as { sha256: string };
      await whole.ended;
      expect(sha256).toBe(summaryOf(whole).sha256.frames);
    },
  };

  it.each(COMMANDS)('$where: $command', async ({ command }) => {
    const run = RUNS[command];
    if (run === undefined) throw new Error(`no test runs this command. Say in RUNS of tests/docs.test.ts how it is run: ${command}`);
    await run(command);
  }, 90_000);

  it('no way of running is kept for a command that no text shows', () => {
    expect(Object.keys(RUNS).filter((command) => !COMMANDS.some((shown) => shown.command === command))).toEqual([]);
  });

  it('the program of docs/API.md hears forecasts', async () => {
    const [program = ''] = blocks(pageOf('docs/API.md'), 'ts');
    const file = join(dir, 'program.ts');
    writeFileSync(file, program.replaceAll("'./sdk/", `'${ROOT}/sdk/`).replace('http://127.0.0.1:8765', address));
    const { stdout, stderr } = await sh(`'${process.execPath}' '${file}' & sleep 4; kill $!`, { TOKEN: token });
    expect(stdout, stderr).toMatch(/type: 'snapshot'/);
    expect(stdout).toMatch(/type: 'prediction'/);
  });
});
