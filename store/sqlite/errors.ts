/** What SQLite says, in plain words and as what to do: wait and repeat, refuse, or stop because the file is damaged. */
import { CorruptError, ForetickError, messageOf, RefusedError, RetryError } from '../../runtime/errors.ts';

/** https://sqlite.org/rescode.html; the low byte of an extended code is its primary code. */
const CODE = { perm: 3, busy: 5, locked: 6, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cantOpen: 14, constraint: 19, mismatch: 20, notDatabase: 26 } as const;

/** `isOurs`: the file was written before, so what this user may not do now is waited for; at a first start it is refused. */
export function storeError(error: unknown, path: string, isOurs = false): ForetickError {
  if (error instanceof ForetickError) return error;
  const errcode = (error as { errcode?: unknown } | null)?.errcode;
  const options = { cause: error };
  switch (typeof errcode === 'number' ? errcode & 0xff : -1) {
    case CODE.busy:
    case CODE.locked:
      return new RetryError(`${path}: another process is writing`, 'It is tried again. If this stays, look for a second recorder or an import that hangs.', options);
    case CODE.full:
      return new RetryError(`${path}: the disk is full`, 'Free some space; writing goes on by itself.', options);
    case CODE.ioError:
      return new RetryError(`${path}: the disk refused a read or write (${messageOf(error)})`, 'It is tried again. Check the disk and the free space.', options);
    case CODE.readOnly:
    case CODE.perm:
      return mayOnlyBeRead(path, isOurs, options);
    case CODE.cantOpen:
      return new (isOurs ? RetryError : RefusedError)(`${path}: cannot be opened`, 'Check that its folder exists and that this user may read and write there.', options);
    case CODE.corrupt:
      return new CorruptError(`${path}: the history file is damaged`, 'Move it away and start again: what the streams still hold is recorded anew.', options);
    case CODE.notDatabase:
      return new RefusedError(`${path}: not a history file`, 'Name another path; this file is left as it is.', options);
    case CODE.constraint:
    case CODE.mismatch:
      return new RefusedError(`${path}: a row was refused, so nothing of its batch was written (${messageOf(error)})`, 'A number that must be finite was not, or a field had the wrong type.', options);
    default:
      return new RefusedError(`${path}: ${messageOf(error)}`, 'Check the path, and that this user may write there.', options);
  }
}

export const mayOnlyBeRead = (path: string, isOurs: boolean, options: ErrorOptions): ForetickError =>
  new (isOurs ? RetryError : RefusedError)(`${path}: may only be read`, 'Give this user write permission on the file and its folder.', options);

/** Runs `work`; what it throws leaves as a ForetickError. */
export function guarded<T>(path: string, work: () => T, isOurs = false): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error, path, isOurs);
  }
}
