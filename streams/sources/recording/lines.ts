/**
 * Lines of a byte stream, numbered from 1, in batches of what one chunk of bytes held. Bounded: a line longer than
 * `maxBytes` is given as null and its bytes are thrown away. A last line without a line feed counts; `\r` is kept off.
 * Throws RangeError at an endless line: a few kilobytes of gzip can hold gigabytes of nothing.
 */
export interface Line {
  readonly number: number;
  /** null: the line was too long. */
  readonly text: string | null;
}

/** No line of any recording is near it. */
export const MAX_ENDLESS_BYTES = 64 * 1024 ** 2;
const LF = 10;
const CR = 13;

export async function* readLines(bytes: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line[]> {
  let number = 0;
  /** The unfinished line, and whether it has already grown too long. */
  let rest: Buffer = Buffer.alloc(0);
  let tooLong = false;
  let thrownAway = 0;
  const finish = (line: Buffer): Line => {
    number++;
    const text = tooLong || line.length > maxBytes ? null : textOf(line);
    tooLong = false;
    thrownAway = 0;
    return { number, text };
  };
  for await (const chunk of bytes) {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines: Line[] = [];
    let from = 0;
    for (let to = data.indexOf(LF); to >= 0; to = data.indexOf(LF, from)) {
      lines.push(finish(data.subarray(from, to)));
      from = to + 1;
    }
    rest = data.subarray(from);
    if (tooLong || rest.length > maxBytes) {
      tooLong = true;
      thrownAway += rest.length;
      rest = Buffer.alloc(0);
      if (thrownAway > MAX_ENDLESS_BYTES) throw new RangeError(`line ${number + 1} is longer than ${MAX_ENDLESS_BYTES / 1024 ** 2} MB`);
    }
    if (lines.length > 0) yield lines;
  }
  if (rest.length > 0 || tooLong) yield [finish(rest)];
}

const textOf = (line: Buffer): string => line.toString('utf8', 0, line[line.length - 1] === CR ? line.length - 1 : line.length);
