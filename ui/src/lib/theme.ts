/** Dark and light, as the system has it or as the user chose. */

import { effect, signal } from "@preact/signals";

const NAME = "hubocr-theme";
const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const stored = localStorage.getItem(NAME);
export const theme = signal<Theme>(THEMES.find((known) => known === stored) ?? "auto");

const system = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(system.matches);
system.addEventListener("change", ({ matches }) => (isSystemDark.value = matches));

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]!;
  localStorage.setItem(NAME, theme.value);
}

// The style sheet knows two sets of colours and nothing of the system.
effect(() => {
  const shown = isSystemDark.value ? "dark" : "light";
  document.documentElement.dataset.theme = theme.value === "auto" ? shown : theme.value;
});
