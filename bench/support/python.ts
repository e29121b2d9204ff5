/** Other people's libraries, in an environment of their own below .foretick/, made at the first use. Never a dependency of the product. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT, toolsDir } from '../../infra/places.ts';
import { run } from '../../infra/run.ts';

const DIR = join(toolsDir(ROOT), 'bench-python');
const PYTHON = join(DIR, 'bin/python');
/** Exact, so that a figure can be repeated. The newest that Python 3.11 can have. */
export const PEERS = { NautilusTrader: 'nautilus_trader==1.221.0', River: 'river==0.26.1', 'TA-Lib': 'TA-Lib==0.8.2' } as const;
export type Peer = keyof typeof PEERS;
const INSTALL_MS = 200_000;

/** null: they are there now. Otherwise why not. */
export async function ensurePeers(): Promise<string | null> {
  const names = Object.values(PEERS).map((wheel) => wheel.split('==')[0]);
  const isThere = async (): Promise<boolean> => (await run(PYTHON, ['-c', `import importlib.metadata as m; [m.version(name) for name in ${JSON.stringify(names)}]`])).ok;
  if (existsSync(PYTHON) && (await isThere())) return null;
  const made = await run('python3', ['-m', 'venv', DIR], { timeoutMs: INSTALL_MS });
  if (!made.ok) return `python3 -m venv failed (${made.tail.split('\n').at(-1)})`;
  const installed = await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--timeout', '15', '--retries', '2', '--only-binary', ':all:', ...Object.values(PEERS)], { timeoutMs: INSTALL_MS });
  return installed.ok || (await isThere()) ? null : `pip could not install ${Object.values(PEERS).join(', ')} (${installed.tail.split('\n').at(-1)})`;
}

export interface Answer { readonly seconds: number; readonly last: Readonly<Record<string, number>> }
export interface Peers { ask(library: Peer, pricesFile: string): Promise<Answer>; end(): void }

export function startPeers(): Peers {
  const child: ChildProcess = spawn(PYTHON, [join(import.meta.dirname, 'indicators.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    async ask(library, prices) {
      child.stdin!.write(`${JSON.stringify({ library, prices })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`Python ended while ${library} was measured`);
      const answer = JSON.parse(value) as Answer & { error?: string };
      if (answer.error !== undefined) throw new Error(`${library}: ${answer.error}`);
      return answer;
    },
    end: () => void child.kill(),
  };
}
