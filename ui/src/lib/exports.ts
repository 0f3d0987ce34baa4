/** Results as files that the page writes by itself. */

import { strToU8, zipSync } from "fflate";
import { textOf } from "../model/doubt";
import type { Item, WireLine } from "../model/types";

export interface Format {
  name: string;
  ending: string;
  write: (item: Item) => string;
}

export function plainText(item: Item): string {
  return item.lines.map(textOf).join("\n");
}

const COLUMNS = ["line", "text", "confidence", "text_region"];

function cells(item: Item): string[][] {
  return item.lines.map((line, index) => [
    String(index + 1),
    textOf(line),
    String(line.score),
    JSON.stringify(line.region),
  ]);
}

export function tsv(item: Item): string {
  return [COLUMNS, ...cells(item)].map((row) => row.map((cell) => cell.replace(/[\t\n\r]/g, " ")).join("\t")).join("\n");
}

/** A cell that a spreadsheet takes for a formula is kept from running: it came from an image. */
function csvCell(cell: string): string {
  const safe = /^[=+@\t\r-]/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function csv(item: Item): string {
  const rows = [COLUMNS, ...cells(item)].map((row) => row.map(csvCell).join(","));
  return `\uFEFF${rows.join("\r\n")}\r\n`; // with it Excel reads UTF-8
}

/** The server's own items, in the picture's pixels, with the corrections. */
export function itemsOf(item: Item): WireLine[] {
  return item.lines.map((line) => ({ ...line.wire, text: textOf(line), text_region: line.region }));
}

function json(item: Item): string {
  return `${JSON.stringify({ name: item.name, results: itemsOf(item), ...item.run }, null, 2)}\n`;
}

export const FORMATS: Format[] = [
  { name: "text", ending: "txt", write: (item) => `${plainText(item)}\n` },
  { name: "csv", ending: "csv", write: csv },
  { name: "json", ending: "json", write: json },
];

/** A name that every system takes as a file's, the same for no two. */
export function fileName(name: string, taken: Set<string>): string {
  const plain = name.replace(/[\u0000-\u001f<>:"/\\|?*#\t]+/g, "_").replace(/^[. ]+|[. ]+$/g, "") || "picture";
  let unique = plain;
  for (let count = 2; taken.has(unique); count++) unique = `${count}-${plain}`;
  taken.add(unique);
  return unique;
}

export function zipOf(files: Record<string, string | Uint8Array>): Blob {
  const entries = Object.entries(files).map(([name, content]) => [
    name,
    typeof content === "string" ? strToU8(content) : content,
  ]);
  // Pictures are compressed already, texts are small: what takes no time does.
  const zipped = zipSync(Object.fromEntries(entries) as Record<string, Uint8Array>, { level: 1 });
  return new Blob([zipped.buffer as ArrayBuffer], { type: "application/zip" });
}
