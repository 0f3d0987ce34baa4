/** How sure the model is of lines and characters. */

import type { Line } from "./types";

/** Below this probability a character is marked. */
export const DOUBT = 0.8;

export type Level = "sure" | "unsure" | "doubtful";

export function levelOf(score: number): Level {
  return score >= 0.9 ? "sure" : score >= 0.75 ? "unsure" : "doubtful";
}

/** What a line says: as the user corrected it, otherwise as it was read. */
export function textOf(line: Line): string {
  return line.corrected ?? line.text;
}

export interface Part {
  text: string;
  /** The probability of a doubtful character; of others none. */
  score?: number;
}

/** The text of a line in parts: doubtful characters by themselves, the others together. */
export function partsOf(line: Line): Part[] {
  const chars = [...line.text];
  const scores = line.wire.char_scores;
  if (line.corrected !== undefined || scores?.length !== chars.length) {
    return [{ text: textOf(line) }];
  }
  const parts: Part[] = [];
  chars.forEach((text, index) => {
    const score = scores[index]!;
    const last = parts[parts.length - 1];
    if (score < DOUBT) parts.push({ text, score });
    else if (last && last.score === undefined) last.text += text;
    else parts.push({ text });
  });
  return parts;
}

export function isDoubtful(line: Line): boolean {
  return partsOf(line).some(({ score }) => score !== undefined);
}
