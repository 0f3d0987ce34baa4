/** The state of the page: the list of pictures, what is chosen, and what the server offers. */

import { batch, computed, signal } from "@preact/signals";
import { ApiError, apiKey, fetchFormats, fetchModules, fetchOptions } from "../lib/api";
import { t } from "../lib/i18n";
import type { Item, Line, Module, Option, Region } from "./types";

export const items = signal<Item[]>([]);
export const selectedId = signal(0);
export const hoveredLine = signal(0);
export const selectedLine = signal(0);

export const modules = signal<Module[]>([]);
export const optionsOf = signal<Record<string, Option[]>>({});
export const moduleName = signal("");
/** The profile that is named in requests; empty: none. */
export const scene = signal("");
/** The options that the user has changed, by name. */
export const changed = signal<Record<string, unknown>>({});

/** The formats of files that the server writes. */
export const formats = signal<string[]>([]);

/** What the user has to be told, the newest last. */
export const notices = signal<{ id: number; text: string }[]>([]);
/** What a screen reader is told. */
export const announcement = signal("");

let lastId = 0;
export const nextId = (): number => ++lastId;

export const selected = computed(() => items.value.find((item) => item.id === selectedId.value));
export const readers = computed(() =>
  modules.value.filter(({ kind }) => kind === "ocr_system" || kind === "ocr_rec"),
);
export const reader = computed(() => readers.value.find(({ name }) => name === moduleName.value));
export const options = computed(() => optionsOf.value[moduleName.value] ?? []);
export const scenes = computed(() => {
  const profile = options.value.find(({ name }) => name === "profile");
  return { names: (profile?.enum ?? []).map(String), texts: profile?.choices ?? {} };
});

export function notify(text: string): void {
  if (notices.value.some((notice) => notice.text === text)) return;
  notices.value = [...notices.value.slice(-3), { id: nextId(), text }];
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

export function update(id: number, patch: Partial<Item>): void {
  items.value = items.value.map((item) => (item.id === id ? { ...item, ...patch } : item));
}

export function updateLine(itemId: number, lineId: number, patch: Partial<Line>): void {
  const item = items.value.find(({ id }) => id === itemId);
  if (!item) return;
  const lines = item.lines.map((line) => (line.id === lineId ? { ...line, ...patch } : line));
  update(itemId, { lines });
}

export function setRegions(itemId: number, regions: Region[]): void {
  update(itemId, { regions });
}

export function select(id: number): void {
  batch(() => {
    selectedId.value = id;
    hoveredLine.value = 0;
    selectedLine.value = 0;
  });
}

export function append(added: Item[]): void {
  if (!added.length) return;
  items.value = [...items.value, ...added];
  if (!selected.value) select(added[0]!.id);
}

export function removeItem(id: number): void {
  const place = items.value.findIndex((item) => item.id === id);
  const gone = items.value[place];
  if (!gone) return;
  if (gone.picture) URL.revokeObjectURL(gone.picture.url);
  items.value = items.value.filter((item) => item.id !== id);
  if (selectedId.value === id) {
    select(items.value[Math.min(place, items.value.length - 1)]?.id ?? 0);
  }
}

export function setOption(name: string, value: unknown): void {
  const { [name]: _, ...rest } = changed.value;
  changed.value = value === undefined ? rest : { ...rest, [name]: value };
}

/** The options of the next request; the page marks doubtful characters, so it asks for scores. */
export function requestOptions(): Record<string, unknown> {
  const known = new Set(options.value.map(({ name }) => name));
  const own = Object.entries(changed.value).filter(([name]) => known.has(name));
  return {
    ...(scene.value ? { profile: scene.value } : {}),
    ...(known.has("rec_char_scores") ? { rec_char_scores: true } : {}),
    ...Object.fromEntries(own),
  };
}

export function chooseModule(name: string): void {
  batch(() => {
    moduleName.value = name;
    const { names } = scenes.value;
    const served = reader.value?.profile;
    const isPlain = served === "default" || served === "general";
    if (!names.includes(scene.value)) {
      scene.value = isPlain && names.includes("general") ? "general" : "";
    }
  });
}

/** Ask the server what it offers. */
export async function describeServer(): Promise<void> {
  try {
    const [found, described] = await Promise.all([fetchModules(), fetchOptions()]);
    batch(() => {
      modules.value = found;
      optionsOf.value = described;
      const kept = readers.value.find(({ name }) => name === moduleName.value);
      const page = readers.value.find(({ kind }) => kind === "ocr_system");
      const chosen = kept ?? page ?? readers.value[0];
      if (chosen) chooseModule(chosen.name);
      else notify(t("errorNoModule"));
    });
    formats.value = await fetchFormats();
  } catch (error) {
    if (error instanceof ApiError && error.status === 401 && !apiKey.value) return;
    notify(t("errorAsk", { reason: reasonOf(error) }));
  }
}

export function reasonOf(error: unknown): string {
  if (error instanceof TypeError) return t("errorServer", { reason: error.message });
  return error instanceof Error ? error.message : String(error);
}
