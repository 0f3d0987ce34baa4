/** Reading: one request a picture, a few at a time, each of which can be stopped. */

import { batch, computed, signal } from "@preact/signals";
import { predict } from "../lib/api";
import { t } from "../lib/i18n";
import { remember } from "./history";
import { crop, pictureOf } from "./pictures";
import * as store from "./store";
import type { Item, Line, Point, Run, WireLine } from "./types";

const AT_ONCE = 2;

/** The numbers of the pictures that are to be read. */
const queue: number[] = [];
let running = 0;
let stopping = new AbortController();

export const isReading = signal(false);
export const progress = computed(() => {
  const all = store.items.value;
  const count = (status: string) => all.filter((item) => item.status === status).length;
  const [done, failed] = [count("done"), count("failed")];
  return { all: all.length, done, failed, waiting: count("waiting") + count("reading") };
});

/** Read these pictures after those that are waited for. */
export function read(ids: number[]): void {
  if (stopping.signal.aborted) stopping = new AbortController();
  batch(() => {
    for (const id of ids) {
      if (queue.includes(id)) continue;
      queue.push(id);
      store.update(id, { status: "waiting", error: undefined });
    }
    isReading.value = queue.length > 0 || running > 0;
  });
  while (running < AT_ONCE && queue.length) void work();
}

/** Stop the requests that run and forget those that wait. */
export function stop(): void {
  const waiting = queue.splice(0);
  stopping.abort();
  batch(() => waiting.forEach((id) => store.update(id, { status: "cancelled" })));
}

async function work(): Promise<void> {
  running++;
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    const item = store.items.value.find((one) => one.id === id);
    if (item) await readItem(item, stopping.signal);
  }
  running--;
  if (running === 0) {
    isReading.value = false;
    const { done, failed, all } = progress.value;
    if (all > 1) store.announcement.value = t("announceAll", { done, failed });
  }
}

async function readItem(item: Item, signal: AbortSignal): Promise<void> {
  store.update(item.id, { status: "reading", error: undefined });
  const module = store.moduleName.value;
  const options = store.requestOptions();
  try {
    const start = performance.now();
    const lines = await readLines(item, module, options, signal);
    const ms = performance.now() - start;
    const run: Run = { module, options, ms, at: Date.now(), models: modelNames() };
    store.update(item.id, { status: "done", lines, run });
    store.announcement.value = t("announceDone", { name: item.name, count: lines.length });
    const finished = store.items.value.find(({ id }) => id === item.id);
    if (finished) void remember(finished);
  } catch (error) {
    if (signal.aborted) return store.update(item.id, { status: "cancelled" });
    const reason = store.reasonOf(error);
    store.update(item.id, { status: "failed", error: reason, lines: [] });
    store.announcement.value = t("announceFailed", { name: item.name, reason });
  }
}

function modelNames(): string[] {
  const module = store.reader.value;
  if (!module) return [];
  // A kind of image may be read with other models than the module's own.
  const sets = store.scenes.value.texts[store.scene.value]?.sets ?? {};
  return Object.entries(module.models).map(([task, own]) => {
    const path = String(sets[`${task}_model_dir`] ?? own);
    const engine = module.engines[task];
    const name = path.replace(/\/+$/, "").split("/").pop() ?? path;
    return engine ? `${name} (${engine.engine}, ${engine.precision})` : name;
  });
}

/** The lines of a picture, or of its regions, in its own pixels. */
export async function readLines(
  item: Item,
  module: string,
  options: Record<string, unknown>,
  signal: AbortSignal,
): Promise<Line[]> {
  const picture = await pictureOf(item, signal);
  const only = item.regions.filter(({ kind }) => kind === "only");
  const sent = only.length
    ? await Promise.all(
        only.map(async ({ box }, index) => ({
          name: `region-${index + 1}.png`,
          blob: await crop(picture, box),
          offset: [box[0], box[1]] as Point,
        })),
      )
    : [{ name: item.name, blob: picture.blob, offset: [0, 0] as Point }];
  const results = await predict(module, sent, options, signal);
  // ocr_rec answers one list for all images, ocr_system one for each.
  const isLine = store.modules.value.find(({ name }) => name === module)?.kind === "ocr_rec";
  const lists = isLine ? (results[0] ?? []).map((one) => [one]) : results;
  const lines = lists.flatMap((list, index) => {
    const box = only[index]?.box ?? [0, 0, picture.width, picture.height];
    const offset = sent[index]?.offset ?? [0, 0];
    return list.map((wire) => lineOf(wire, offset, box));
  });
  const ignored = item.regions.filter(({ kind }) => kind === "ignore");
  return lines.filter((line) => !ignored.some(({ box }) => contains(box, middle(line.region))));
}

function lineOf(wire: WireLine, offset: Point, box: number[]): Line {
  if (wire.error) throw new Error(wire.error);
  const [left, top, width, height] = box as [number, number, number, number];
  const whole: Point[] = [
    [left, top],
    [left + width, top],
    [left + width, top + height],
    [left, top + height],
  ];
  const moved = wire.text_region?.map(([x, y]): Point => [x + offset[0], y + offset[1]]);
  return {
    id: store.nextId(),
    wire,
    region: moved ?? whole,
    text: wire.text ?? "",
    score: wire.confidence ?? 0,
    alternatives: wire.alternatives,
  };
}

export function middle(region: Point[]): Point {
  const sum = region.reduce(([a, b], [x, y]): Point => [a + x, b + y], [0, 0]);
  return [sum[0] / region.length, sum[1] / region.length];
}

function contains([left, top, width, height]: number[], [x, y]: Point): boolean {
  return x >= left! && y >= top! && x < left! + width! && y < top! + height!;
}

/** Ask for other readings of every line of a picture, with the options it was read with. */
export async function askAlternatives(item: Item): Promise<void> {
  if (!item.run) return;
  const options = { ...item.run.options, rec_alternatives: 5 };
  const found = await readLines(item, item.run.module, options, new AbortController().signal);
  const lines = item.lines.map((line) => {
    const [x, y] = middle(line.region);
    const same = found.find((other) => {
      const [u, v] = middle(other.region);
      return Math.abs(u - x) < 2 && Math.abs(v - y) < 2;
    });
    return { ...line, alternatives: same?.alternatives ?? [] };
  });
  store.update(item.id, { lines });
}
