/**
 * The child of isolated.ts: reads one Parquet or Arrow file with the libraries that trust a file's claims, and sends its
 * rows, a block for each that was asked for. It ends with its parent, and when it takes too much memory.
 */
import { once } from 'node:events';
import { messageOf, RefusedError } from '../../../runtime/errors.ts';
import { watchThisProcess } from '../../../runtime/watchdog.ts';
import { openArrow } from './arrow.ts';
import { packBlock } from './block.ts';
import type { FromChild, ReadRequest } from './isolated.ts';
import { openParquet } from './parquet.ts';

const request = JSON.parse(process.argv[2]!) as ReadRequest;
watchThisProcess(request);
process.once('disconnect', () => process.exit(0));

let asked = 0;
let wake = Promise.withResolvers<void>();
process.on('message', () => {
  asked += 1;
  wake.resolve();
});

const send = (message: FromChild): Promise<void> => new Promise((resolve, reject) => process.send!(message, (error: Error | null) => (error === null ? resolve() : reject(error))));

try {
  const table = await (request.format === 'parquet' ? openParquet(request.path) : openArrow(request.path, request.format));
  await send({ kind: 'opened', format: table.format, columns: table.columns });
  for await (const block of table.blocks) {
    while (asked === 0) {
      wake = Promise.withResolvers();
      await wake.promise;
    }
    asked -= 1;
    await send({ kind: 'rows', block: packBlock(block), done: table.done() });
  }
  await send({ kind: 'end' });
} catch (error) {
  await send(error instanceof RefusedError ? { kind: 'refused', message: error.message, hint: error.hint } : { kind: 'refused', message: `${request.path}: ${messageOf(error)}`, hint: '' });
}
await once(process, 'disconnect'); // what was sent must be read first
