/** What the page does, as a command and as a script. */

import type { Item } from "../model/types";
import { address, apiKey } from "./api";

export interface Asked {
  module: string;
  options: Record<string, unknown>;
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
/** A Python literal: JSON's texts and numbers are Python's as well. */
function python(value: unknown): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const pairs = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${python(one)}`);
  return `{${pairs.join(", ")}}`;
}

const plainName = (item: Item) => item.name.replace(/ #\d+$/, "");
const onlyBoxes = (item: Item) =>
  item.regions.filter(({ kind }) => kind === "only").map(({ box }) => box.map(Math.round));

/** The files that are sent, and the commands that make them where they are parts or pages. */
export function curlOf(item: Item, { module, options }: Asked): string {
  const key = apiKey.value ? ` \\\n  -H "Authorization: Bearer $HUBOCR_API_KEY"` : "";
  const lines: string[] = [];
  let file = plainName(item);
  if (item.page) {
    const page = item.page.number;
    const fields = [`-F file=@${quoted(file)}`, `-F page_range=${page}`];
    if (item.page.password) fields.push(`-F password="$PDF_PASSWORD"`);
    file = `page-${page}.png`;
    lines.push(
      `curl -sS ${quoted(address("pages"))}${key} \\\n  ${fields.join(" ")} \\\n` +
        `  | jq -r '.pages[0].image' | base64 -d > ${file}`,
    );
  }
  const boxes = onlyBoxes(item);
  const sent = boxes.length ? boxes.map((_, index) => `region-${index + 1}.png`) : [file];
  boxes.forEach(([left, top, width, height], index) =>
    lines.push(`convert ${quoted(file)} -crop ${width}x${height}+${left}+${top} ${sent[index]}`),
  );
  const images = sent.map((name) => `  -F images=@${quoted(name)} \\\n`).join("");
  lines.push(
    `curl -sS ${quoted(address(`predict/${module}`))}${key} \\\n${images}` +
      `  -F options=${quoted(JSON.stringify(options))}`,
  );
  return `${lines.join("\n")}\n`;
}

export function pythonOf(item: Item, { module, options }: Asked): string {
  const boxes = onlyBoxes(item);
  const headers = apiKey.value
    ? [`HEADERS = {"Authorization": "Bearer " + os.environ["HUBOCR_API_KEY"]}`]
    : [`HEADERS = {}`];
  const usesOs = Boolean(apiKey.value || item.page?.password);
  const lines = [
    ...(item.page ? ["import base64"] : []),
    ...(boxes.length ? ["import io"] : []),
    "import json",
    ...(usesOs ? ["import os"] : []),
    "",
    "import requests",
    ...(boxes.length ? ["from PIL import Image"] : []),
    "",
    ...headers,
    `data = open(${python(plainName(item))}, "rb").read()`,
  ];
  if (item.page) {
    const password = item.page.password ? `, "password": os.environ["PDF_PASSWORD"]` : "";
    lines.push(
      `reply = requests.post(${python(address("pages"))}, headers=HEADERS, timeout=60,`,
      `    files={"file": data}, data={"page_range": "${item.page.number}"${password}})`,
      `reply.raise_for_status()`,
      `data = base64.b64decode(reply.json()["pages"][0]["image"])`,
    );
  }
  if (boxes.length) {
    lines.push(
      `files = []`,
      `for left, top, width, height in ${python(boxes)}:`,
      `    part = io.BytesIO()`,
      `    box = (left, top, left + width, top + height)`,
      `    Image.open(io.BytesIO(data)).crop(box).save(part, "PNG")`,
      `    files.append(("images", part.getvalue()))`,
    );
  } else lines.push(`files = [("images", data)]`);
  lines.push(
    `options = ${python(options)}`,
    `reply = requests.post(${python(address(`predict/${module}`))}, headers=HEADERS, timeout=60,`,
    `    files=files, data={"options": json.dumps(options)})`,
    `reply.raise_for_status()`,
    `for image in reply.json()["results"]:`,
    `    for line in image:`,
    `        print(line["text"], line["confidence"])`,
  );
  return `${lines.join("\n")}\n`;
}
