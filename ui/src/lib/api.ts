/** The server's public routes; nothing else of the page talks to it. */

import { signal } from "@preact/signals";
import type { Module, Option, WireLine } from "../model/types";

const KEY_NAME = "hubocr-key";

/** The API key, for as long as the tab is open. */
export const apiKey = signal(sessionStorage.getItem(KEY_NAME) ?? "");
/** Whether the server has refused the key that there is. */
export const keyWanted = signal(false);

export function setKey(key: string): void {
  apiKey.value = key;
  if (key) sessionStorage.setItem(KEY_NAME, key);
  else sessionStorage.removeItem(KEY_NAME);
  keyWanted.value = false;
}

/** The page is at .../ui, so that the routes are beside it whatever stands before. */
export function address(path: string): string {
  return new URL(path, document.baseURI).href;
}

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly retryAfter = 0,
  ) {
    super(message);
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = apiKey.value;
  if (key) headers.set("Authorization", `Bearer ${key}`);
  const reply = await fetch(address(path), { ...init, headers, credentials: "omit" });
  // A late refusal of an older key says nothing of the one that there is now.
  if (reply.status === 401 && key === apiKey.value) keyWanted.value = true;
  return reply;
}

async function ask(path: string, init: RequestInit = {}): Promise<unknown> {
  return answerOf(await send(path, init));
}

async function answerOf(reply: Response): Promise<unknown> {
  const text = await reply.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  const problem = problemOf(body);
  if (!reply.ok || problem) {
    const seconds = Number(reply.headers.get("Retry-After") ?? 0);
    throw new ApiError(problem || text.trim() || `HTTP ${reply.status}`, reply.status, seconds);
  }
  return body;
}

/** The message of an error in any of the server's dialects. */
function problemOf(body: unknown): string {
  if (typeof body !== "object" || body === null) return "";
  const fields = body as Record<string, unknown>;
  if (typeof fields.status === "string" && fields.status !== "000") return String(fields.msg);
  return typeof fields.error === "string" ? fields.error : "";
}

/** A request that the server was too busy for is sent again when it says. */
async function patient<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let count = 0; ; count++) {
    try {
      return await attempt();
    } catch (error) {
      const busy = error instanceof ApiError && error.status === 429;
      if (!busy || count >= 20) throw error;
      await pause(1000 * Math.max(1, error.retryAfter), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    });
  });
}

export async function fetchModules(): Promise<Module[]> {
  return ((await ask("v2/models")) as { models: Module[] }).models;
}

export async function fetchOptions(): Promise<Record<string, Option[]>> {
  return (await ask("options")) as Record<string, Option[]>;
}

/** Read images with a module: one list of items for each. */
export async function predict(
  module: string,
  images: { name: string; blob: Blob }[],
  options: Record<string, unknown>,
  signal: AbortSignal,
): Promise<WireLine[][]> {
  const form = () => {
    const data = new FormData();
    for (const image of images) data.append("images", image.blob, image.name);
    data.append("options", JSON.stringify(options));
    return data;
  };
  const attempt = () => ask(`predict/${module}`, { method: "POST", body: form(), signal });
  return ((await patient(attempt, signal)) as { results: WireLine[][] }).results;
}

/** The formats of files that the server writes; none where it has no such route. */
export async function fetchFormats(): Promise<string[]> {
  const document = (await ask("openapi.json")) as {
    paths: Record<string, { post?: { parameters?: { name: string; schema: { enum?: string[] } }[] } }>;
  };
  const parameters = document.paths["/export/{format}"]?.post?.parameters ?? [];
  return parameters.find(({ name }) => name === "format")?.schema.enum ?? [];
}

/** Have the server read a file and write it in one of its formats. */
export async function exportFile(
  format: string,
  file: { name: string; blob: Blob },
  options: Record<string, unknown>,
): Promise<{ blob: Blob; ending: string }> {
  const attempt = async () => {
    const data = new FormData();
    data.append("files", file.blob, file.name);
    data.append("options", JSON.stringify(options));
    const reply = await send(`export/${format}`, { method: "POST", body: data });
    if (!reply.ok) await answerOf(reply);
    const named = /filename="?[^"]*?(\.[a-z0-9.]+)"?$/i.exec(
      reply.headers.get("Content-Disposition") ?? "",
    );
    return { blob: await reply.blob(), ending: named?.[1]?.slice(1) ?? format };
  };
  return patient(attempt, new AbortController().signal);
}

export interface RenderedPage {
  page: number;
  count: number;
  width: number;
  height: number;
  image: string;
  error?: string;
}

/** Have the server render pages of a document. */
export async function renderPages(
  file: Blob,
  fields: { page_range?: string; password?: string; pdf_dpi?: string },
  signal: AbortSignal,
): Promise<RenderedPage[]> {
  const data = new FormData();
  data.append("file", file, "document");
  for (const [name, value] of Object.entries(fields)) if (value) data.append(name, value);
  const attempt = () => ask("pages", { method: "POST", body: data, signal });
  return ((await patient(attempt, signal)) as { pages: RenderedPage[] }).pages;
}

export function pngOf(page: RenderedPage): Blob {
  const bytes = Uint8Array.from(atob(page.image), (char) => char.charCodeAt(0));
  return new Blob([bytes], { type: "image/png" });
}
