/** Test support: a supervisor of two fake services and a piped process, to be killed. Arguments: data folder, journal, run.sh. */
import { fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createSupervisor } from './supervisor.ts';

const [dataDir = '', journal = '', runScript = ''] = process.argv.slice(2);
const supervisor = createSupervisor({ dataDir, random: () => 0, listener: { onHealth: () => undefined, onRestart: () => undefined, onVerdict: () => undefined } });
for (const name of ['one', 'two']) {
  supervisor.start({
    name, speaksExitCodes: true, leave: (child) => void child.kill('SIGTERM'),
    spawn: () => fork(join(import.meta.dirname, 'fakeService.ts'), [dataDir], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, FAKE_NAME: name, FAKE_JOURNAL: journal } }),
  });
}
// fakeServer.sh takes the place of nats-server: run.sh gives it "-c" and a path.
supervisor.start({ name: 'piped', speaksExitCodes: false, leave: (child) => void child.kill('SIGTERM'), spawn: () => spawn('/bin/sh', [runScript, join(import.meta.dirname, 'fakeServer.sh'), dataDir], { stdio: ['pipe', 'pipe', 'pipe'], detached: true }) });
setInterval(() => undefined, 1_000);
