import { describe, expect, it } from 'vitest';
import { createErrorTail } from './errorTail.ts';

const tailOf = (...chunks: string[]) => {
  const tail = createErrorTail();
  for (const chunk of chunks) tail.write(new TextEncoder().encode(chunk));
  return tail.last();
};

describe('error tail', () => {
  it('takes the last error of a structured log, with its hint', () => {
    expect(tailOf('{"level":50,"msg":"first"}\n{"level":50,"msg":"second","hint":"do that"}\n{"level":30,"msg":"bye"}\n')).toEqual({ message: 'second', hint: 'do that' });
  });
  it('reads lines that come in pieces, and one without an end', () => {
    expect(tailOf('{"level":50,"ms', 'g":"wh', 'ole"}')).toEqual({ message: 'whole', hint: '' });
  });
  it('finds the error in a crash of Node', () => {
    expect(tailOf('file:///x.ts:1\nimport x;\n^\n\nTypeError [ERR_X]: no such thing\n    at f (x.ts:1)\n\nNode.js v26.10.0\n')).toEqual({ message: 'TypeError [ERR_X]: no such thing', hint: '' });
  });
  it('takes the last plain line where nothing reads like an error, and nothing from silence', () => {
    expect(tailOf('one\ntwo\n\n')).toEqual({ message: 'two', hint: '' });
    expect(tailOf('')).toEqual({ message: '', hint: '' });
  });
  it('keeps a bounded part of a line that never ends', () => {
    const tail = createErrorTail();
    for (let i = 0; i < 1_000; i++) tail.write(new Uint8Array(10_000).fill(120));
    expect(tail.last().message.length).toBeLessThanOrEqual(500);
  });
});
