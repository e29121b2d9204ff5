/**
 * Errors say what the runtime must do, not where they came from.
 *
 *   RefusedError   bad input, config or model: tell the sender, go on (or exit 2 at start)
 *   RetryError     a server is away for the moment: wait and try again
 *   FencedError    somebody else owns this subject now: leave at once (exit 3)
 *   CorruptError   recomputed and published bytes differ, or a file is damaged: stop loudly (exit 4)
 */
export class ForetickError extends Error {
  /** What the reader should do about it, in plain words. */
  readonly hint: string;
  readonly exitCode: number;
  constructor(message: string, hint: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.hint = hint;
    this.exitCode = exitCode;
  }
}

export class RefusedError extends ForetickError {
  constructor(message: string, hint = '', options?: ErrorOptions) {
    super(message, hint, 2, options);
  }
}

export class RetryError extends ForetickError {
  constructor(message: string, hint = '', options?: ErrorOptions) {
    super(message, hint, 75, options);
  }
}

export class FencedError extends ForetickError {
  constructor(message: string, hint = 'Another process owns this subject. Stop one of the two.', options?: ErrorOptions) {
    super(message, hint, 3, options);
  }
}

export class CorruptError extends ForetickError {
  constructor(message: string, hint = '', options?: ErrorOptions) {
    super(message, hint, 4, options);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
