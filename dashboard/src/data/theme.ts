/** Light, dark or as the system says. public/theme.js applies a stored choice before the first paint. */
import { createSignal, type Accessor } from 'solid-js';

export type Theme = 'light' | 'dark';
const KEY = 'foretick-theme';
const systemDark = matchMedia('(prefers-color-scheme: dark)');
const chosen = (): Theme | undefined => {
  const theme = document.documentElement.dataset['theme'];
  return theme === 'light' || theme === 'dark' ? theme : undefined;
};

const [theme, setTheme] = createSignal<Theme>(chosen() ?? (systemDark.matches ? 'dark' : 'light'));
systemDark.addEventListener('change', ({ matches }) => {
  if (chosen() === undefined) setTheme(matches ? 'dark' : 'light');
});

export const currentTheme: Accessor<Theme> = theme;
export function toggleTheme(): void {
  const next = theme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = next;
  setTheme(next);
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage is switched off: the choice holds until the page is left.
  }
}
