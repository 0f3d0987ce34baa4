import { naturalLength, placementOf } from "../lib/geometry";
import * as store from "../model/store";
import type { Item, Line, Picture, Region } from "../model/types";
import { levelOf, textOf } from "../model/doubt";

interface Props {
  item: Item;
  picture: Picture;
  /** Pixels of the screen for one of the picture: signs keep their size on the screen. */
  scale: number;
  boxes: boolean;
  drawn: Region["box"] | undefined;
}

/** Numbered boxes and selectable text over the picture. */
export function Overlay({ item, picture, scale, boxes, drawn }: Props) {
  const [hovered, chosen] = [store.hoveredLine.value, store.selectedLine.value];
  const state = (line: Line) =>
    `${levelOf(line.score)} ${line.id === hovered ? "hovered" : ""} ${line.id === chosen ? "chosen" : ""}`;
  const size = 12 / scale;
  return (
    <>
      <svg
        class="boxes"
        viewBox={`0 0 ${picture.width} ${picture.height}`}
        width={picture.width}
        height={picture.height}
        aria-hidden="true"
      >
        {item.regions.map(({ id, kind, box }) => (
          <Rectangle key={id} kind={kind} box={box} />
        ))}
        {drawn && <Rectangle kind="drawn" box={drawn} />}
        {boxes &&
          item.lines.map((line, index) => {
            const [x, y] = line.region[0] ?? [0, 0];
            const label = String(index + 1);
            const width = size * (0.62 * label.length + 0.5);
            return (
              <g key={line.id} class={`box ${state(line)}`} data-line={index + 1}>
                <polygon points={line.region.map((point) => point.join(",")).join(" ")} />
                <rect
                  class="plate"
                  x={x - width * 0.6}
                  y={y - size * 0.75}
                  width={width}
                  height={size * 1.15}
                  rx={size * 0.25}
                />
                <text x={x - width * 0.1} y={y + size * 0.15} font-size={size} text-anchor="middle">
                  {label}
                </text>
              </g>
            );
          })}
      </svg>
      <div class="texts">
        {item.lines.map((line) => (
          <TextOnPicture key={line.id} line={line} state={state(line)} />
        ))}
      </div>
    </>
  );
}

function Rectangle({ kind, box: [x, y, width, height] }: { kind: string; box: Region["box"] }) {
  return <rect class={`region ${kind}`} x={x} y={y} width={width} height={height} />;
}

function TextOnPicture({ line, state }: { line: Line; state: string }) {
  const text = textOf(line);
  const { x, y, angle, length, height, isVertical } = placementOf(line.region, text);
  const stretch = length / (naturalLength(text) * height);
  const scaled = isVertical ? `scale(1, ${stretch})` : `scale(${stretch}, 1)`;
  return (
    <div
      class={`reading-text ${isVertical ? "vertical" : ""} ${state}`}
      style={{
        fontSize: `${height}px`,
        transform: `translate(${x}px, ${y}px) rotate(${angle}rad) ${scaled}`,
      }}
      onMouseEnter={() => (store.hoveredLine.value = line.id)}
      onMouseLeave={() => (store.hoveredLine.value = 0)}
      onClick={() => (store.selectedLine.value = line.id)}
    >
      {text}
    </div>
  );
}
