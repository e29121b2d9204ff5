/** The bytes of a gzip file. Streaming; zlib checks the sums. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

export async function* gunzipFile(path: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip();
  // An error of either stream comes out of the iteration below.
  const file = pipeline(createReadStream(path), gunzip, () => undefined);
  try {
    yield* file as AsyncIterable<Buffer>;
  } finally {
    file.destroy();
  }
}
