/** Light, dark, or what the system says. The choice is kept in this browser; public/theme.js applies it before the first paint. */

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'meshproof.theme';
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'light', light: 'dark', dark: 'system' };

function current(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

class ThemeChoice {
  value = $state<Theme>(current());
  /** Rises with every change of the colours in force: what is drawn on a canvas must be drawn anew. */
  revision = $state(0);

  get next(): Theme {
    return NEXT[this.value];
  }

  /** @returns a function that stops following the system */
  open(): () => void {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const changed = (): void => void this.revision++;
    system.addEventListener('change', changed);
    return () => system.removeEventListener('change', changed);
  }

  cycle(): void {
    this.value = this.next;
    if (this.value === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.value;
    this.revision++;
    try {
      if (this.value === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, this.value);
    } catch (error) {
      console.info('meshproof: the theme is not remembered here', error);
    }
  }
}

export const theme = new ThemeChoice();
