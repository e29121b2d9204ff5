/** Test support (run with --expose-gc): locks a data folder, collects its garbage, says so, and holds it until it is ended. Arguments: data folder, address. */
import { lockDataFolder } from './dataLock.ts';

const lock = lockDataFolder(process.argv[2]!, process.pid);
lock.announce(process.argv[3]!);
setTimeout(() => {
  (globalThis as unknown as { gc(): void }).gc();
  console.log('locked');
}, 10);
setInterval(() => undefined, 1_000);
