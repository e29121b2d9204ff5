/** What a command says while it works. With --json everything goes to stderr: stdout belongs to the one JSON object. */

export interface Terminal {
  line(text: string): void;
  warn(text: string): void;
  /** A line when it is done, with its seconds; one before when it takes over two seconds, and one more every ten. */
  step<T>(label: string, work: () => Promise<T>): Promise<T>;
  /** One line that is overwritten in place on a terminal; elsewhere at most one every ten seconds. */
  status(text: string): void;
}

const SHOW_AFTER_MS = 2_000;
const REPEAT_MS = 10_000;

export function createTerminal(out: NodeJS.WriteStream, nowMs: () => number): Terminal {
  let open = false;
  let saidMs = -Infinity;
  const line = (text: string): void => {
    out.write(`${open ? '\r\x1b[K' : ''}${text}\n`);
    open = false;
  };
  return {
    line,
    warn: (text) => line(`! ${text}`),
    async step(label, work) {
      const started = nowMs();
      const still = (): void => line(`  ${label}… ${Math.round((nowMs() - started) / 1_000)} s`);
      let repeat: NodeJS.Timeout | undefined;
      const first = setTimeout(() => {
        still();
        repeat = setInterval(still, REPEAT_MS);
      }, SHOW_AFTER_MS);
      try {
        const result = await work();
        line(`  ${label.padEnd(34)} ${((nowMs() - started) / 1_000).toFixed(1)} s`);
        return result;
      } finally {
        clearTimeout(first);
        clearInterval(repeat);
      }
    },
    status(text) {
      if (out.isTTY) {
        out.write(`\r\x1b[K${text.slice(0, (out.columns ?? 80) - 1)}`);
        open = true;
      } else if (nowMs() - saidMs >= REPEAT_MS) {
        saidMs = nowMs();
        out.write(`${text}\n`);
      }
    },
  };
}
