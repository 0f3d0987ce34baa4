/** What the API answers, and what the page keeps of it. */

export type Point = [number, number];
export type Language = "en" | "zh";
export type Texts = Partial<Record<Language, string>>;

/** An item of hubserving's results, as the server sends it. */
export interface WireLine {
  text?: string;
  confidence?: number;
  text_region?: Point[];
  char_scores?: number[];
  alternatives?: Alternative[];
  error?: string;
  [other: string]: unknown;
}

export interface Alternative {
  text: string;
  probability: number;
}

/** A line that was read: the server's own item, and the user's correction. */
export interface Line {
  id: number;
  wire: WireLine;
  region: Point[];
  text: string;
  score: number;
  alternatives?: Alternative[];
  corrected?: string;
}

/** A rectangle in pixels of the picture: left, top, width, height. */
export interface Region {
  id: number;
  kind: "ignore" | "only";
  box: [number, number, number, number];
}

export type Status = "waiting" | "reading" | "done" | "failed" | "cancelled";

/** One picture, or one page of a document. */
export interface Item {
  id: number;
  name: string;
  /** The file that the user brought. */
  file: Blob;
  /** The page of the file, where it has to be rendered by the server. */
  page?: { number: number; count: number; password?: string };
  /** What is shown and read; missing until the server has rendered it. */
  picture?: Picture;
  status: Status;
  error?: string;
  lines: Line[];
  regions: Region[];
  run?: Run;
}

export interface Picture {
  blob: Blob;
  url: string;
  width: number;
  height: number;
}

/** How an item was read. */
export interface Run {
  module: string;
  options: Record<string, unknown>;
  ms: number;
  at: number;
  models: string[];
}

/** One entry of `/options`. */
export interface Option {
  name: string;
  description: string;
  default: unknown;
  type?: string | string[];
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  pattern?: string;
  items?: unknown;
  anyOf?: unknown[];
  meaning?: Texts;
  section?: Texts;
  choices?: Record<string, Texts & { sets?: Record<string, unknown> }>;
}

/** One entry of `/v2/models`. */
export interface Module {
  name: string;
  kind: string;
  profile: string;
  models: Record<string, string>;
  engines: Record<string, { engine: string; precision: string }>;
}
