import { describe, expect, it } from 'vitest';
import { digestBody } from './digest.ts';
import { encodeJson } from './parse.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('digest', () => {
  it('takes frames and outcomes byte for byte', () => {
    const body = new TextEncoder().encode('{"b":1, "a":[1.50] }');
    expect(digestBody('frames', body)).toBe(body);
    expect(digestBody('outcomes', body)).toBe(body);
  });
  it('leaves madeAt out of a prediction and keeps the order of the rest', () => {
    expect(text(digestBody('predictions', encodeJson({ v: 1, z: null, madeAt: 5, a: 0.1 })))).toBe('{"v":1,"z":null,"a":0.1}');
  });
  it('is equal for predictions that differ in madeAt only, and unequal otherwise', () => {
    const of = (madeAt: number, retBps: number): string => text(digestBody('predictions', encodeJson({ madeAt, retBps })));
    expect(of(1, 0.5)).toBe(of(2, 0.5));
    expect(of(1, 0.5)).not.toBe(of(1, 0.25));
  });
});
