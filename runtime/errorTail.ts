/**
 * Remembers why a process ended: the last error line of its log (pino, level 50 and up); else, of its plain lines, the
 * last that reads like an error (`TypeError: …`), since a crash of Node ends with its stack and version; else the last one.
 */
const ERROR_LEVEL = 50;
const NAMED_ERROR = /^(\w*Error\b.*: |\[\d+\] .*\[FTL\]|fatal error: |panic: )/;
/** More of an unfinished line than this isn't kept. */
const MAX_LINE = 16_384;

export interface ErrorTail {
  write(chunk: Uint8Array): void;
  last(): { message: string; hint: string };
}

export function createErrorTail(): ErrorTail {
  const decoder = new TextDecoder();
  let open = '';
  let error: { message: string; hint: string } | null = null;
  let plain = '';
  let named = '';
  const line = (text: string): void => {
    if (text.trim() === '') return;
    try {
      const entry = JSON.parse(text) as { level?: unknown; msg?: unknown; hint?: unknown; err?: { message?: unknown } };
      if (typeof entry.level === 'number' && entry.level >= ERROR_LEVEL) error = { message: String(entry.msg ?? entry.err?.message ?? ''), hint: typeof entry.hint === 'string' ? entry.hint : '' };
    } catch {
      plain = text.trim().slice(0, 500);
      if (NAMED_ERROR.test(plain)) named = plain;
    }
  };
  return {
    write(chunk) {
      const lines = (open + decoder.decode(chunk, { stream: true })).split('\n');
      open = lines.pop()!.slice(-MAX_LINE);
      lines.forEach(line);
    },
    last() {
      line(open);
      open = '';
      return error ?? { message: named || plain, hint: '' };
    },
  };
}
