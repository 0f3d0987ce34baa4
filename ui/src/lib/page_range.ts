/** The server's syntax of page ranges, `1-3,7,10-`, for the checkboxes of the page. */

/** The pages that a text names, rising; none where it is no page range. */
export function numbersOf(text: string, count: number): number[] {
  const numbers = new Set<number>();
  for (const part of text.split(/[,，]/)) {
    const match = /^\s*(\d+)\s*(-\s*(\d+)?)?\s*$/.exec(part);
    if (!match) return [];
    const first = Number(match[1]);
    const last = match[3] ? Number(match[3]) : match[2] ? count : first;
    for (let page = Math.max(1, first); page <= Math.min(count, last); page++) numbers.add(page);
  }
  return [...numbers].sort((a, b) => a - b);
}

/** The shortest text that names these pages, which rise. */
export function listOf(numbers: number[]): string {
  const parts: [number, number][] = [];
  for (const number of numbers) {
    const last = parts[parts.length - 1];
    if (last && last[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}
