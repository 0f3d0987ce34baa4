/** From the files that the user brings to the pictures that are shown and read. */

import { pngOf, renderPages, type RenderedPage } from "../lib/api";
import * as store from "./store";
import type { Item, Picture } from "./types";

/** Give an item for every file; documents are opened by the dialog of pages. */
export async function take(files: Iterable<File>): Promise<File[]> {
  const documents: File[] = [];
  for (const file of files) {
    const name = file.name || `picture-${store.nextId()}.png`;
    if (await isPdf(file)) {
      documents.push(file);
      continue;
    }
    try {
      const picture = await load(file);
      store.append([newItem(name, file, { picture })]);
    } catch {
      await takeUnshown(file, name);
    }
  }
  return documents;
}

export function newItem(name: string, file: Blob, rest: Partial<Item> = {}): Item {
  return { id: store.nextId(), name, file, status: "waiting", lines: [], regions: [], ...rest };
}

/** A file that this browser can't show: the server may know it, and says so where it doesn't. */
async function takeUnshown(file: File, name: string): Promise<void> {
  try {
    const count = (await firstPage(file)).count;
    store.append(pageItems(file, name, range(count), count));
  } catch (error) {
    store.append([newItem(name, file, { status: "failed", error: store.reasonOf(error) })]);
  }
}

export async function firstPage(file: Blob, password = ""): Promise<RenderedPage> {
  const fields = { page_range: "1", pdf_dpi: "36", password };
  const [page] = await renderPages(file, fields, new AbortController().signal);
  if (!page) throw new Error("no page");
  return page;
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** Items for pages of a file; each is rendered when it is shown or read. */
export function pageItems(
  file: Blob,
  name: string,
  numbers: number[],
  count: number,
  password?: string,
): Item[] {
  return numbers.map((number) =>
    newItem(count > 1 ? `${name} #${number}` : name, file, { page: { number, count, password } }),
  );
}

async function isPdf(file: Blob): Promise<boolean> {
  const start = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
  return new TextDecoder("latin1").decode(start).includes("%PDF-");
}

async function load(blob: Blob): Promise<Picture> {
  const url = URL.createObjectURL(blob);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch (error) {
    URL.revokeObjectURL(url);
    throw error;
  }
  return { blob, url, width: image.naturalWidth, height: image.naturalHeight };
}

const rendering = new Map<number, Promise<Picture>>();

/** The picture of an item; a page of a document is rendered by the server. */
export async function pictureOf(item: Item, signal: AbortSignal): Promise<Picture> {
  const known = store.items.value.find(({ id }) => id === item.id)?.picture;
  if (known) return known;
  if (item.status === "failed" && !item.page) return { ...noPicture, blob: item.file };
  let made = rendering.get(item.id);
  if (!made) {
    made = render(item, signal);
    rendering.set(item.id, made);
    const forget = () => rendering.delete(item.id);
    made.then(forget, forget);
  }
  return made;
}

const noPicture = { url: "", width: 0, height: 0 };

async function render(item: Item, signal: AbortSignal): Promise<Picture> {
  if (!item.page) {
    try {
      const picture = await load(item.file);
      store.update(item.id, { picture });
      return picture;
    } catch {
      // The server is asked all the same: it knows better what is wrong.
      return { ...noPicture, blob: item.file };
    }
  }
  const fields = { page_range: String(item.page.number), password: item.page.password };
  const [page] = await renderPages(item.file, fields, signal);
  if (!page || page.error) throw new Error(page?.error ?? "no page");
  const picture = await load(pngOf(page));
  store.update(item.id, { picture });
  return picture;
}

/** A rectangle of a picture as a PNG file. */
export async function crop(picture: Picture, box: readonly number[]): Promise<Blob> {
  const [left, top, width, height] = box.map(Math.round) as [number, number, number, number];
  const canvas = new OffscreenCanvas(Math.max(1, width), Math.max(1, height));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  context.drawImage(await bitmapOf(picture), -left, -top);
  return canvas.convertToBlob({ type: "image/png" });
}

export async function bitmapOf(picture: Picture): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = picture.url;
  await image.decode();
  return image;
}
