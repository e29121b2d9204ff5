/** The few drawings of the bar. */
import type { JSX } from 'solid-js';

export const Logo = (): JSX.Element => (
  <svg viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="7" fill="#10202e" />
    <path d="M5 21l5-6 4 3 5-8" fill="none" stroke="#e8eef3" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" />
    <path d="M19 10l8-4v12z" fill="#36b5a2" />
  </svg>
);
const Line = (props: { d: string }): JSX.Element => (
  <svg width="16" height="16" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d={props.d} />
  </svg>
);
export const MoonIcon = (): JSX.Element => <Line d="M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z" />;
export const SunIcon = (): JSX.Element => <Line d="M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1v1.4M8 13.6V15M1 8h1.4M13.6 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" />;
export const LeaveIcon = (): JSX.Element => <Line d="M6.5 2.5H3v11h3.5M6.5 8H14M11 5l3 3-3 3" />;
export const HelpIcon = (): JSX.Element => <Line d="M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5 9.3h6" />;
