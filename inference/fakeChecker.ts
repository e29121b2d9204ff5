/** A process that checks the model on its stdin, for a test that kills it meanwhile. */
import { buffer } from 'node:stream/consumers';
import { checkModel } from './check.ts';
import { cardFor } from './fakeModel.ts';

const bytes = new Uint8Array(await buffer(process.stdin));
await checkModel(bytes, cardFor(bytes, 3, [1_000, 5_000]));
