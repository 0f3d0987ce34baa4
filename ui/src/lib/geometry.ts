/** Where the text of a line lies on the picture. */

import type { Point } from "../model/types";

export interface Placement {
  /** Top left corner of the text. */
  x: number;
  y: number;
  /** Clockwise, in radians. */
  angle: number;
  /** Length along the text and height across it, in pixels of the picture. */
  length: number;
  height: number;
  /** Whether upright characters run downwards. */
  isVertical: boolean;
}

const distance = ([a, b]: Point, [c, d]: Point) => Math.hypot(c - a, d - b);

/** The placement of a text with these corners, of which the first is where it begins. */
export function placementOf(region: Point[], text: string): Placement {
  const quad = region.length === 4 ? region : boundsOf(region);
  const [first, second, , last] = quad as [Point, Point, Point, Point];
  const [across, down] = [distance(first, second), distance(first, last)];
  const angle = Math.atan2(second[1] - first[1], second[0] - first[0]);
  const isVertical = down > 1.5 * across && [...text].length > 1;
  const [length, height] = isVertical ? [down, across] : [across, down];
  return { x: first[0], y: first[1], angle, length, height, isVertical };
}

export function boundsOf(region: Point[]): Point[] {
  const xs = region.map(([x]) => x);
  const ys = region.map(([, y]) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [top, bottom] = [Math.min(...ys), Math.max(...ys)];
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

let ruler: OffscreenCanvasRenderingContext2D | null | undefined;

/** Length of a text in the page's font at a height of 1. */
export function naturalLength(text: string): number {
  ruler ??= new OffscreenCanvas(1, 1).getContext("2d");
  if (!ruler) return [...text].length;
  ruler.font = "100px sans-serif";
  return Math.max(0.01, ruler.measureText(text).width / 100);
}
