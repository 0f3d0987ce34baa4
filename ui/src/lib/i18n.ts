/** The page's languages: by the browser's, or as the user chose. */

import { computed, effect, signal } from "@preact/signals";
import type { Language, Texts } from "../model/types";
import { en } from "./texts.en";
import { zh } from "./texts.zh";

export type TextKey = keyof typeof en;

const NAME = "hubocr-language";
const stored = localStorage.getItem(NAME);
const ofBrowser = navigator.languages.find((tag) => /^(zh|en)\b/i.test(tag)) ?? "en";

export const language = signal<Language>(
  stored === "zh" || stored === "en" ? stored : /^zh/i.test(ofBrowser) ? "zh" : "en",
);

export function setLanguage(chosen: Language): void {
  localStorage.setItem(NAME, chosen);
  language.value = chosen;
}

const texts = computed(() => (language.value === "zh" ? zh : en));

/** A text of the page, with {names} replaced. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  return texts.value[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** A text that the server gives in both languages. */
export function said(given: Texts | undefined, otherwise: string): string {
  return given?.[language.value] || otherwise;
}

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
  document.title = t("title");
});
