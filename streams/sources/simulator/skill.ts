/**
 * What can be forecast in the simulated market, by construction. Pure.
 *
 * Let T be a step, n the steps of the horizon, R = Σ_{j<n} r_j the return over it, and F all that happened before T, the hidden
 * signal s₀ and volatility states included. With the notation of market.ts, E[ε_j | F] = 0 and E[s_j | F] = φʲ s₀, and s is
 * independent of σ, so
 *
 *   E[R | F] = a s₀ Σ_j φʲ E[σ_j | F].
 *
 * log σ is a sum of Gaussian AR(1) processes. With K(m) = exp(v₁ρ₁ᵐ + v₂ρ₂ᵐ), in units where E[σ_j] = 1:
 *
 *   E[σ_i σ_j] = K(|i − j|)                  E[ E[σ_i | F] E[σ_j | F] ] = K(i + j)
 *
 * The best forecast's error is orthogonal to it, so its skill against zero, 1 − E(R − E[R|F])² / E R², is
 *
 *   Var E[R | F]        a² Σ_{i,j<n} φ^{i+j} K(i + j)
 *   ─────────────  =  ────────────────────────────────────────────
 *      Var R           n K(0) + a² Σ_{i≠j} φ^{|i−j|} K(|i − j|)
 *
 * It is a ceiling: whoever sees the feed alone knows s₀ only through imbalance and flow (book.ts), one quote of which
 * carries nearly nine tenths of its variance. Rounding to ticks, and log against simple returns, change it by less than 0.1 % of itself.
 */
import { MARKET, STEP_MS } from './market.ts';

/** Skill of the best forecast at frames on a multiple of 200 ms, 0 to 1. It peaks just below 5 %, at five seconds. */
export function attainableSkill(horizonMs: number, options: { readonly predictable: boolean }): number {
  if (!(horizonMs > 0)) throw new RangeError(`horizon ${horizonMs} ms: not positive`);
  if (!options.predictable) return 0;
  const n = Math.ceil(horizonMs / STEP_MS);
  const squared = MARKET.signalShare * MARKET.signalShare;
  let forecast = 0;
  let total = n * volatilityMoment(0);
  // Pairs (i, j) by their sum m: min(m, 2n − 2 − m) + 1 of them; by their distance m: 2(n − m).
  for (let m = 0; m <= 2 * n - 2; m++) forecast += squared * (Math.min(m, 2 * n - 2 - m) + 1) * MARKET.signalPersistence ** m * volatilityMoment(m);
  for (let m = 1; m < n; m++) total += squared * 2 * (n - m) * MARKET.signalPersistence ** m * volatilityMoment(m);
  return forecast / total;
}

/** K(m) above. */
const volatilityMoment = (m: number): number =>
  Math.exp(MARKET.fastVariance * MARKET.fastPersistence ** m + MARKET.slowVariance * MARKET.slowPersistence ** m);
