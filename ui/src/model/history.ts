/** The last results, in the browser's own database; the server keeps nothing. */

import { signal } from "@preact/signals";
import { newItem } from "./pictures";
import * as store from "./store";
import type { Item, Line, Region, Run } from "./types";

export const KEPT = 30;
const STORE = "results";
const WANTED = "hubocr-history";

export interface Entry {
  id: number;
  name: string;
  blob: Blob;
  lines: Line[];
  regions: Region[];
  run: Run;
}

export const isKept = signal(localStorage.getItem(WANTED) !== "off");

export function keep(wanted: boolean): void {
  localStorage.setItem(WANTED, wanted ? "on" : "off");
  isKept.value = wanted;
}

let opened: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("hubocr", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opened;
}

async function run<T>(
  mode: IDBTransactionMode,
  ask: (results: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const transaction = (await database()).transaction(STORE, mode);
  const request = ask(transaction.objectStore(STORE));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/** Keep a result, or its corrections; the oldest are forgotten. A full disk costs nothing else. */
export async function remember(item: Item): Promise<void> {
  if (!isKept.value || !item.run || !item.picture) return;
  const { name, lines, regions } = item;
  const id = item.run.at * 1000 + (item.id % 1000);
  try {
    await run("readwrite", (all) =>
      all.put({ id, name, blob: item.picture!.blob, lines, regions, run: item.run! }),
    );
    const keys = await run("readonly", (all) => all.getAllKeys());
    for (const old of keys.slice(0, -KEPT)) await run("readwrite", (all) => all.delete(old));
  } catch (error) {
    console.warn("the history can't be written", error);
  }
}

export async function entries(): Promise<Entry[]> {
  const found = await run("readonly", (all) => all.getAll() as IDBRequest<Entry[]>);
  return found.reverse();
}

export async function forget(id: number): Promise<void> {
  await run("readwrite", (all) => all.delete(id));
}

export async function forgetAll(): Promise<void> {
  await run("readwrite", (all) => all.clear());
}

/** Put an entry back into the list, as it was read. */
export function reopen(entry: Entry): void {
  const lines = entry.lines.map((line) => ({ ...line, id: store.nextId() }));
  const rest = { lines, regions: entry.regions, run: entry.run, status: "done" as const };
  const item = newItem(entry.name, entry.blob, rest);
  store.append([item]);
  store.select(item.id);
}
