/** The page's colours as a canvas needs them: resolved for the theme that is shown now. */
const NAMES = ['panel', 'line', 'line-2', 'text', 'text-2', 'text-3', 'accent', 'up', 'down', 'track'] as const;
export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

/** The host must stand in the document: its style decides. */
export function readPalette(host: HTMLElement): Palette {
  const probe = document.createElement('span');
  host.append(probe);
  const entries = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(entries) as Palette;
}

/** `rgb(1, 2, 3)` made see-through. */
export const withAlpha = (colour: string, alpha: number): string => colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
