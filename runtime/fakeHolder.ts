/** Test support: locks a data folder, says so, and holds it until it is ended. Arguments: data folder, address. */
import { lockDataFolder } from './dataLock.ts';

const lock = lockDataFolder(process.argv[2]!, process.pid);
lock.announce(process.argv[3]!);
console.log('locked');
setInterval(() => undefined, 1_000);
