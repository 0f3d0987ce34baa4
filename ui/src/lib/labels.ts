/** Label files for `hubocr train`: the pictures with their places, and every line by itself. */

import { bitmapOf } from "../model/pictures";
import { textOf } from "../model/doubt";
import type { Item, Line, Picture, Point } from "../model/types";
import { fileName } from "./exports";
import { boundsOf, placementOf } from "./geometry";

type Files = Record<string, string | Uint8Array>;

/** `rec.tsv` and `lines/` for the recogniser, `det.tsv` and `pages/` for the detector. */
export async function labelFiles(items: Item[]): Promise<Files> {
  const files: Files = {};
  const taken = new Set<string>();
  const [lines, pages]: [string[], string[]] = [[], []];
  for (const item of items) {
    if (!item.picture) continue;
    const stem = fileName(item.name, taken);
    const page = `pages/${stem}`;
    files[page] = new Uint8Array(await item.picture.blob.arrayBuffer());
    const labels = item.lines.map((line) => ({ transcription: textOf(line), points: line.region }));
    pages.push(`${page}\t${JSON.stringify(labels)}`);
    const image = await bitmapOf(item.picture);
    for (const [index, line] of item.lines.entries()) {
      const text = textOf(line).replace(/[\t\r\n]/g, " ");
      if (!text.trim()) continue; // a line without text teaches nothing
      const name = `lines/${stem}-${String(index + 1).padStart(4, "0")}.png`;
      files[name] = await cut(image, line, item.picture);
      lines.push(`${name}\t${text}`);
    }
  }
  return { "rec.tsv": `${lines.join("\n")}\n`, "det.tsv": `${pages.join("\n")}\n`, ...files };
}

/** A line, turned level; text that runs downwards is turned anticlockwise as the reader does. */
async function cut(image: HTMLImageElement, line: Line, picture: Picture): Promise<Uint8Array> {
  const quad = line.region.length === 4 ? line.region : boundsOf(line.region);
  const [first, second, , last] = quad as [Point, Point, Point, Point];
  const { length, height, isVertical } = placementOf(quad, textOf(line));
  const [across, down] = isVertical ? [height, length] : [length, height];
  const [width, tall] = [Math.max(1, Math.round(length)), Math.max(1, Math.round(height))];
  const canvas = new OffscreenCanvas(width, tall);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  if (isVertical) {
    context.translate(0, tall);
    context.rotate(-Math.PI / 2);
  }
  // The inverse of the frame that the quad's first corner and its two sides span.
  const frame = new DOMMatrix([
    (second[0] - first[0]) / across,
    (second[1] - first[1]) / across,
    (last[0] - first[0]) / down,
    (last[1] - first[1]) / down,
    first[0],
    first[1],
  ]).inverse();
  context.transform(frame.a, frame.b, frame.c, frame.d, frame.e, frame.f);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, picture.width, picture.height);
  const blob = await canvas.convertToBlob({ type: "image/png" });
  return new Uint8Array(await blob.arrayBuffer());
}
