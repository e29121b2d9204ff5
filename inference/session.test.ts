import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { RefusedError } from '../runtime/errors.ts';
import { cardFor, floats, linearModel, type Model, onnx, sha256, tensorInfo } from './fakeModel.ts';
import { checkModel, CheckUndecided, LIMITS } from './check.ts';
import { loadSession } from './session.ts';
import { refuseWrongStructure } from './structure.ts';

if (process.env['FORETICK_FULL'] === '1') vi.setConfig({ testTimeout: 1_200_000 });

const WEIGHTS = [[1, 10], [2, 20], [3, 30]];
const HORIZONS_MS = [1_000, 5_000];
const refusalOf = async (bytes: Uint8Array, limits = LIMITS): Promise<string> => {
  const error = await checkModel(bytes, cardFor(bytes, WEIGHTS.length, HORIZONS_MS), limits).then(() => new Error('not refused'), (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RefusedError);
  return (error as RefusedError).message;
};
const spoilt = (change: (model: Model) => void): Promise<string> => refusalOf(linearModel(WEIGHTS, change));

describe('loadSession', () => {
  it('runs any number of rows, each as if it were alone', async () => {
    const bytes = linearModel(WEIGHTS);
    const session = await loadSession(bytes, cardFor(bytes, 3, HORIZONS_MS));
    const rows = Float32Array.of(1, 0, 0, 0, 1, 1, 0.5, 0.5, -1);
    expect([...(await session.predict(rows, 3))]).toEqual([1, 10, 5, 50, -1.5, -15]);
    for (const r of [0, 1, 2]) expect([...(await session.predict(rows.slice(r * 3, r * 3 + 3), 1))]).toEqual([...(await session.predict(rows, 3))].slice(r * 2, r * 2 + 2));
    expect(await session.predict(new Float32Array(0), 0)).toHaveLength(0);
    await expect(session.predict(rows, 2)).rejects.toThrow(RangeError);
    await session.release();
  });

  it('tells nobody of it: onnxruntime keeps no identifier and no events, which it does by default', () => {
    const home = mkdtempSync(join(tmpdir(), 'foretick-telemetry-'));
    const script = `import { buffer } from 'node:stream/consumers'; import { openSession } from ${JSON.stringify(join(import.meta.dirname, 'runtime.ts'))};
      const session = await openSession(await buffer(process.stdin), 3, 2); await session.predict(new Float32Array(3), 1); await session.release();`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { input: linearModel(WEIGHTS), env: { HOME: home, TMPDIR: home }, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(home, { recursive: true })).toEqual([]);
    rmSync(home, { recursive: true });
  });
});

describe('checkModel', () => {
  it('accepts a sound model', async () => {
    const bytes = linearModel(WEIGHTS);
    await expect(checkModel(bytes, cardFor(bytes, 3, HORIZONS_MS))).resolves.toBeUndefined();
  });

  it('refuses bytes that are not the card\'s before anything reads them', async () => {
    const bytes = linearModel(WEIGHTS);
    await expect(checkModel(bytes, cardFor(bytes, 3, HORIZONS_MS, { sha256: sha256(new Uint8Array(1)) }))).rejects.toThrow(/SHA-256/);
  });

  it('refuses garbage, an empty file and a truncated one', async () => {
    expect(await refusalOf(new TextEncoder().encode('MZ this is no model at all, but it is long enough to be looked at'))).toMatch(/not an ONNX file|no graph/);
    expect(await refusalOf(new Uint8Array(0))).toMatch(/no graph/);
    const whole = linearModel(WEIGHTS);
    expect(await refusalOf(whole.slice(0, Math.floor(whole.length / 2)))).toMatch(/truncated/);
  });

  it('refuses wrong names and shapes', async () => {
    expect(await spoilt((model) => void (model.graph!.input![0]!.name = 'features'))).toMatch(/input is \["features"\]/);
    expect(await spoilt((model) => void model.graph!.output!.push(tensorInfo('more', ['N', 2])))).toMatch(/output is/);
    expect(await spoilt((model) => void (model.graph!.input![0] = tensorInfo('X', ['N', 4])))).toMatch(/\[N, 4\]; the card says \[N, 3\]/);
    expect(await spoilt((model) => void (model.graph!.output![0] = tensorInfo('ret_bps', ['N', 7])))).toMatch(/the card says \[N, 2\]/);
    expect(await spoilt((model) => void (model.graph!.input![0] = tensorInfo('X', [5, 3])))).toMatch(/fixed number of rows/);
    expect(await spoilt((model) => void (model.graph!.input![0]!.type!.tensorType!.elemType = 11))).toMatch(/not a float32/);
  });

  it('refuses data in another file, wherever it hides', async () => {
    const outside = { ...floats('W', [3, 2], []), dataLocation: onnx.TensorProto.DataLocation.EXTERNAL, externalData: [{ key: 'location', value: '../../etc/passwd' }] };
    expect(await spoilt((model) => void (model.graph!.initializer![0] = outside))).toMatch(/external data/);
    const inNode = { opType: 'Constant', output: ['W'], attribute: [{ name: 'value', type: onnx.AttributeProto.AttributeType.TENSOR, t: outside }] };
    expect(await spoilt((model) => {
      model.graph!.initializer = [];
      model.graph!.node!.unshift(inNode);
    })).toMatch(/external data/);
    const inBranch = { opType: 'If', input: ['c'], output: ['W'], attribute: [{ name: 'then_branch', type: onnx.AttributeProto.AttributeType.GRAPH, g: { name: 'g', node: [inNode] } }] };
    expect(await spoilt((model) => void model.graph!.node!.unshift(inBranch))).toMatch(/external data/);
  });

  it('refuses operators that are not ONNX\'s, and ones that do not exist', async () => {
    expect(await spoilt((model) => void (model.graph!.node![0]!.domain = 'com.example'))).toMatch(/"com.example"/);
    expect(await spoilt((model) => void (model.graph!.node![0]!.opType = 'Exfiltrate'))).toMatch(/can't load/);
  });

  it('refuses a model whose output is not what it declares', async () => {
    const message = await spoilt((model) => {
      model.graph!.initializer![0] = floats('W', [3, 1], [1, 2, 3]);
    });
    expect(message).toMatch(/can't load|gave/);
  });

  it('refuses one that runs on one number of rows alone', async () => {
    expect(await spoilt((model) => {
      model.graph!.initializer!.push(int64('three', [3n, 3n], [2]));
      model.graph!.node!.unshift({ opType: 'Reshape', input: ['X', 'three'], output: ['x'] });
      model.graph!.node![1]!.input![0] = 'x';
    })).toMatch(/fails on a batch of 1 rows/);
  });

  it('refuses functions, cycles, impossible sizes, and onnxruntime\'s own format', async () => {
    expect(await spoilt((model) => void (model.functions = [{ name: 'F', domain: 'ai.onnx.ml' }]))).toMatch(/functions of its own/);
    expect(await spoilt((model) => {
      model.graph!.node!.unshift({ opType: 'Add', input: ['X', 'b'], output: ['a'] }, { opType: 'Neg', input: ['a'], output: ['b'] });
      model.graph!.node![2]!.input![0] = 'a';
    })).toMatch(/can't load/);
    expect(await spoilt((model) => void (model.graph!.initializer![0]!.dims = [2 ** 40, 2 ** 40]))).toMatch(/can't load/);
    expect(await refusalOf(new TextEncoder().encode('....ORTM and more'))).toMatch(/onnxruntime's own format/);
  });

  it('whatever bytes are changed: accepted or refused, within the limits', async () => {
    const whole = linearModel(WEIGHTS);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(fc.asyncProperty(damage, async (changes) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      await checkModel(bytes, cardFor(bytes, WEIGHTS.length, HORIZONS_MS)).catch((error: unknown) => expect(error).toBeInstanceOf(RefusedError));
    }), { seed: 21, numRuns: process.env['FORETICK_FULL'] === '1' ? 300 : 3 });
    // Without a process for each: many more, as far as the structure is looked at.
    fc.assert(fc.property(damage, (changes) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      try {
        refuseWrongStructure(bytes, { features: 3, horizons: 2 });
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedError);
      }
    }), { seed: 22, numRuns: 2_000 });
  });

  it('ends one that hangs', async () => {
    const bytes = linearModel(WEIGHTS, hang);
    const ended = checkModel(bytes, cardFor(bytes, WEIGHTS.length, HORIZONS_MS), { ...LIMITS, timeoutMs: 3_000 });
    await expect(ended).rejects.toThrow(/longer than 3 seconds/);
    await expect(ended).rejects.toBeInstanceOf(CheckUndecided);
  });

  it('says nothing of a model whose check somebody ended', async () => {
    const bytes = linearModel(WEIGHTS, hang);
    const ended = checkModel(bytes, cardFor(bytes, WEIGHTS.length, HORIZONS_MS)).catch((error: unknown) => error);
    const children = (): number[] => spawnSync('pgrep', ['-P', String(process.pid), '-f', 'checkChild'], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map(Number);
    process.kill(await vi.waitUntil(() => children()[0], { timeout: 20_000 }), 'SIGKILL');
    expect(await ended).toBeInstanceOf(CheckUndecided);
  });

  it('leaves no check behind when the process that asked for it is killed', async () => {
    const asker = spawn(process.execPath, [join(import.meta.dirname, 'fakeChecker.ts')], { stdio: ['pipe', 'ignore', 'inherit'] });
    asker.stdin.end(linearModel(WEIGHTS, hang));
    const children = (): number[] => spawnSync('pgrep', ['-P', String(asker.pid)], { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map(Number);
    const check = await vi.waitUntil(() => children()[0], { timeout: 20_000 });
    const isRunning = (): boolean => !/^ *Z?$/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(check)], { encoding: 'utf8' }).stdout.trim());
    // Past its start: it hangs in native code, with a thread beside it.
    await vi.waitUntil(() => cpuSeconds(check) >= 1, { timeout: 30_000 });
    asker.kill('SIGKILL');
    await vi.waitUntil(() => !isRunning(), { timeout: 5_000 });
  }, 60_000);

  it('ends one that eats memory', async () => {
    expect(await refusalOf(linearModel(WEIGHTS, hog), { ...LIMITS, memoryBytes: 700 * 1024 ** 2 })).toMatch(/more than 700 MB of memory/);
  });
});

/** mm:ss or hh:mm:ss of processor time. */
const cpuSeconds = (pid: number): number => spawnSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim().split(':').reduce((sum, part) => sum * 60 + Number(part), 0);

const int64 = (name: string, values: readonly bigint[], dims: readonly number[] = []) => ({ name, dims: [...dims], dataType: 7, rawData: new Uint8Array(BigInt64Array.from(values).buffer) });

/** A loop of 2⁶² steps before the output. */
function hang(model: Model): void {
  const graph = model.graph!;
  const always = { name: 'always', dims: [], dataType: 9, rawData: Uint8Array.of(1) };
  const boolInfo = (name: string) => ({ name, type: { tensorType: { elemType: 9, shape: { dim: [] } } } });
  const intInfo = (name: string) => ({ name, type: { tensorType: { elemType: 7, shape: { dim: [] } } } });
  const body = {
    name: 'body', input: [intInfo('i'), boolInfo('goOn'), tensorInfo('x', ['N', 3])], output: [boolInfo('goOn2'), tensorInfo('x2', ['N', 3])],
    node: [{ opType: 'Identity', input: ['goOn'], output: ['goOn2'] }, { opType: 'Neg', input: ['x'], output: ['x2'] }],
  };
  graph.initializer!.push(int64('steps', [2n ** 62n]), always);
  graph.node![0]!.input![0] = 'spun';
  graph.node!.unshift({ opType: 'Loop', input: ['steps', 'always', 'X'], output: ['spun'], attribute: [{ name: 'body', type: onnx.AttributeProto.AttributeType.GRAPH, g: body }] });
}

/** Expands the input to gigabytes on the way. */
function hog(model: Model): void {
  const graph = model.graph!;
  graph.initializer!.push(int64('wide', [400_000_000n, 1n, 1n], [3]), int64('axis', [0n], [1]));
  graph.node![0]!.input![0] = 'narrow';
  graph.node!.unshift(
    { opType: 'Expand', input: ['X', 'wide'], output: ['huge'] },
    { opType: 'ReduceMax', input: ['huge'], output: ['narrow'], attribute: [{ name: 'axes', type: onnx.AttributeProto.AttributeType.INTS, ints: [0] }, { name: 'keepdims', type: onnx.AttributeProto.AttributeType.INT, i: 0 }] },
  );
}
