/**
 * A model file is untrusted input. Before this process loads it:
 *
 *  1. size and SHA-256 agree with the card;
 *  2. a child process (checkChild.ts) reads its structure, loads it and runs it once. A crash, a hang, or more memory than
 *     a model may take ends the child, not us; and it ends by itself when we are killed meanwhile.
 *
 * This guards against damaged files and honest mistakes, and against hostile ones as far as a process without privileges of
 * its own does: it isn't a sandbox. Models come from the registry, whose credentials only trainers have.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { RefusedError, RetryError } from '../runtime/errors.ts';
import { FROM_OUTSIDE, TOO_LARGE, type WatchLimits } from '../runtime/watchdog.ts';
import type { ModelCard } from '../registry/card.ts';
import { refuseWrongBytes } from '../registry/registry.ts';

const CHILD = join(import.meta.dirname, 'checkChild.ts');

export interface CheckLimits { readonly timeoutMs: number; readonly memoryBytes: number }
/** A model of 64 MB loads in a second and takes some 400 MB; a busy machine takes many times as long, so a time-out is tried again (models.ts). */
export const LIMITS: CheckLimits = { timeoutMs: 30_000, memoryBytes: 1.5 * 1024 ** 3 };

/** Says nothing of the model yet: on a busy machine a good one takes too long as well, and one without memory ends whom it likes. */
export class CheckUndecided extends RetryError {}

export interface CheckRequest extends WatchLimits { readonly features: number; readonly horizons: number }
export type Verdict = { readonly ok: true } | { readonly ok: false; readonly why: string; readonly hint: string };

/** Throws RefusedError, or CheckUndecided. */
export async function checkModel(onnx: Uint8Array, card: ModelCard, limits: CheckLimits = LIMITS): Promise<void> {
  refuseWrongBytes(onnx, card);
  const verdict = await askChild(onnx, { features: card.features.length, horizons: card.horizons.length, memoryBytes: limits.memoryBytes, parentPid: process.pid }, limits);
  if (!verdict.ok) throw new RefusedError(`model ${card.model}: ${verdict.why}`, verdict.hint);
}

async function askChild(onnx: Uint8Array, request: CheckRequest, limits: CheckLimits): Promise<Verdict> {
  // Detached: Ctrl-C on the terminal is not for it, and must not look like a model that crashes.
  const child = spawn(process.execPath, [CHILD, JSON.stringify(request)], { stdio: ['pipe', 'pipe', 'ignore'], env: {}, detached: true });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, limits.timeoutMs);
  // A child that dies early closes its end of the pipe; what that means is told by how it exits.
  child.stdin.on('error', () => undefined);
  child.stdin.end(onnx);
  try {
    const [said, { code, signal }] = await Promise.all([text(child.stdout), exited]);
    if (timedOut) throw new CheckUndecided(`loading and running it once took longer than ${limits.timeoutMs / 1_000} seconds`);
    if (signal !== null && FROM_OUTSIDE.has(signal)) throw new CheckUndecided(`the check was ended from outside (${signal})`);
    if (signal === TOO_LARGE) return refused(`loading and running it once took more than ${Math.round(limits.memoryBytes / 1024 ** 2)} MB of memory`);
    if (code !== 0) return refused(`loading it crashed the process that tried it (${signal ?? `exit code ${code}`})`);
    return verdictIn(said);
  } finally {
    clearTimeout(timer);
  }
}

/** Native code may write to the child's output too. */
function verdictIn(said: string): Verdict {
  try {
    return JSON.parse(said) as Verdict;
  } catch {
    return refused('the process that tried it gave no verdict');
  }
}

const refused = (why: string): Verdict => ({ ok: false, why, hint: 'Export or train the model again; this file is not run.' });
