/** Test support: a service that does what its name says. Argument 1 marks it; FAKE tells how it behaves. */
import { appendFileSync, readFileSync } from 'node:fs';
import { CorruptError, FencedError, RefusedError, RetryError } from './errors.ts';
import { runService } from './service.ts';

const { FAKE_NAME: name = 'fake', FAKE: behaviour = 'run', FAKE_JOURNAL: journal } = process.env;
const note = (what: string): void => {
  if (journal !== undefined) appendFileSync(journal, `${name} ${what} ${process.pid}\n`);
};

await runService(name, async ({ signal, report, log }) => {
  note('started');
  if (behaviour === 'refuse') throw new RefusedError('the config is wrong', 'mend it');
  if (behaviour === 'corrupt') throw new CorruptError('bytes differ', 'start anew');
  if (behaviour === 'away') throw new RetryError('the server is away');
  if (behaviour === 'fenced' && !readFileSync(journal!, 'utf8').includes('fenced')) {
    note('fenced');
    throw new FencedError('another writer');
  }
  if (behaviour === 'crash') throw new TypeError('a bug');
  report({ state: 'running', detail: 'at work' });
  log.info('at work');
  const alive = setInterval(() => undefined, 1_000);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  if (behaviour === 'hang') await new Promise(() => undefined); // with the interval, so that the process lives on
  clearInterval(alive);
  note('drained');
});
