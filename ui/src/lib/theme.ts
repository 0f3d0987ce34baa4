/** Dark and light, as the system has it or as the user chose. */

import { effect, signal } from "@preact/signals";

const NAME = "hubocr-theme";
const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const stored = localStorage.getItem(NAME);
export const theme = signal<Theme>(THEMES.find((known) => known === stored) ?? "auto");

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
  localStorage.setItem(NAME, theme.value);
}

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});
