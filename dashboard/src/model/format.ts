/**
 * Numbers and times as people read them. Signs are real minus signs, digits are grouped, times are UTC market time. Every
 * function takes null for "not known" and answers `–`, so a cell keeps its place.
 */
export const UNKNOWN = '–';
const MINUS = '\u2212';
/** Prices come with at most this many decimals worth showing. */
const MAX_DECIMALS = 8;

type Maybe = number | null | undefined;
const known = (value: Maybe): value is number => value !== null && value !== undefined && Number.isFinite(value);

const formatters = new Map<number, Intl.NumberFormat>();
function fixed(value: number, decimals: number): string {
  const digits = Math.min(Math.max(decimals, 0), MAX_DECIMALS + 1);
  let formatter = formatters.get(digits);
  if (formatter === undefined) {
    formatter = new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formatters.set(digits, formatter);
  }
  return formatter.format(value).replace('-', MINUS);
}
/** With its sign, unless it rounds to zero: `+0.42`, `−0.42`, `0.00`. */
function signed(value: number, decimals: number): string {
  const text = fixed(Math.abs(value), decimals);
  if (!/[1-9]/.test(text)) return text;
  return (value < 0 ? MINUS : '+') + text;
}

/** How many decimals this price is quoted with. */
export function decimalsOf(price: Maybe): number {
  if (!known(price)) return 0;
  const text = String(price);
  if (text.includes('e-')) return Math.min(Number(text.split('e-')[1]), MAX_DECIMALS);
  return Math.min(text.split('.')[1]?.length ?? 0, MAX_DECIMALS);
}
export const formatPrice = (price: Maybe, decimals: number): string => (known(price) ? fixed(price, decimals) : UNKNOWN);
export const formatBps = (bps: Maybe, decimals = 2): string => (known(bps) ? signed(bps, decimals) : UNKNOWN);
export const formatPlain = (value: Maybe, decimals = 2): string => (known(value) ? fixed(value, decimals) : UNKNOWN);
export const formatCount = (value: Maybe): string => (known(value) ? fixed(value, 0) : UNKNOWN);
/** A share, 0 to 1, in per cent. */
export const formatShare = (share: Maybe, decimals = 0): string => (known(share) ? `${fixed(share * 100, decimals)} %` : UNKNOWN);
export const formatSkill = (skill: Maybe, decimals = 1): string => (known(skill) ? `${signed(skill * 100, decimals)} %` : UNKNOWN);
/** A size at top of book: three significant digits are enough to compare by eye. */
export function formatSize(size: Maybe): string {
  if (!known(size)) return UNKNOWN;
  if (size >= 1_000) return fixed(size, 0);
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(size);
}

export function formatHorizon(horizonMs: number): string {
  if (horizonMs % 3_600_000 === 0) return `${horizonMs / 3_600_000} h`;
  if (horizonMs % 60_000 === 0) return `${horizonMs / 60_000} min`;
  if (horizonMs % 1_000 === 0) return `${horizonMs / 1_000} s`;
  return horizonMs < 1_000 ? `${horizonMs} ms` : `${horizonMs / 1_000} s`;
}
export function formatAge(seconds: Maybe): string {
  if (!known(seconds)) return UNKNOWN;
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

const iso = (us: number): string => new Date(us / 1_000).toISOString();
/** `14:32:07`, UTC. */
export const formatTime = (us: Maybe): string => (known(us) ? iso(us).slice(11, 19) : UNKNOWN);
/** `2026-11-24`, UTC. */
export const formatDate = (us: Maybe): string => (known(us) ? iso(us).slice(0, 10) : UNKNOWN);
export const formatDateTime = (us: Maybe): string => (known(us) ? `${formatDate(us)} ${formatTime(us)}` : UNKNOWN);

/** Ask over bid, bps of the mid; null where either is unknown or not a price. */
export function spreadBps(bid: Maybe, ask: Maybe): number | null {
  if (!known(bid) || !known(ask) || bid + ask <= 0) return null;
  return ((ask - bid) / ((ask + bid) / 2)) * 10_000;
}
/** `microprice-1a2b3c4d5e6f` is long for a table: the family and six digits of its sum tell models apart. */
export const shortModel = (model: string): string => model.replace(/-([0-9a-f]{6})[0-9a-f]{6}$/, '-$1');
