import { useEffect, useRef, useState } from "preact/hooks";
import { t, type TextKey } from "../lib/i18n";
import { middle } from "../model/read";
import * as store from "../model/store";
import type { Region } from "../model/types";
import { Overlay } from "./Overlay";
import { Regions } from "./Regions";

type Tool = "look" | Region["kind"];
const TOOLS: [Tool, TextKey][] = [
  ["look", "toolLook"],
  ["only", "toolOnly"],
  ["ignore", "toolIgnore"],
];
interface View {
  scale: number;
  x: number;
  y: number;
}
const [SMALLEST, LARGEST] = [0.02, 20];

/** The picture, its boxes and its text; zoom with the wheel or the keyboard, pan by dragging. */
export function Viewer() {
  const item = store.selected.value;
  const picture = item?.picture;
  const frame = useRef<HTMLDivElement>(null);
  const [tool, setTool] = useState<Tool>("look");
  const [view, setView] = useState<View>({ scale: 1, x: 0, y: 0 });
  const [hasBoxes, showBoxes] = useState(true);
  const [drawn, draw] = useState<Region["box"]>();

  const fit = () => {
    const { clientWidth, clientHeight } = frame.current ?? {};
    if (!picture || !clientWidth || !clientHeight) return;
    const scale = Math.min(clientWidth / picture.width, clientHeight / picture.height, 4);
    const x = (clientWidth - picture.width * scale) / 2;
    setView({ scale, x, y: (clientHeight - picture.height * scale) / 2 });
  };
  useEffect(fit, [picture?.url]);

  const zoom = (factor: number, x?: number, y?: number) =>
    setView((old) => {
      const { clientWidth = 0, clientHeight = 0 } = frame.current ?? {};
      const [u, v] = [x ?? clientWidth / 2, y ?? clientHeight / 2];
      const scale = Math.min(LARGEST, Math.max(SMALLEST, old.scale * factor));
      const ratio = scale / old.scale;
      return { scale, x: u - (u - old.x) * ratio, y: v - (v - old.y) * ratio };
    });

  // Preact listens to the wheel passively, so that the page would scroll as well.
  useEffect(() => {
    const element = frame.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const place = element!.getBoundingClientRect();
      const step = Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015));
      zoom(step, event.clientX - place.left, event.clientY - place.top);
    };
    element?.addEventListener("wheel", wheel, { passive: false });
    return () => element?.removeEventListener("wheel", wheel);
  }, []);

  // A line that is chosen in the table is brought into sight.
  const chosen = store.selectedLine.value;
  useEffect(() => {
    const line = item?.lines.find(({ id }) => id === chosen);
    const { clientWidth = 0, clientHeight = 0 } = frame.current ?? {};
    if (!line) return;
    setView((old) => {
      const [x, y] = middle(line.region);
      const [u, v] = [x * old.scale + old.x, y * old.scale + old.y];
      const isSeen = u > 0 && v > 0 && u < clientWidth && v < clientHeight;
      if (isSeen) return old;
      return { ...old, x: clientWidth / 2 - x * old.scale, y: clientHeight / 2 - y * old.scale };
    });
  }, [chosen]);

  const press = (event: PointerEvent) => {
    if (event.button !== 0 || !picture) return;
    const isText = (event.target as Element).closest(".reading-text");
    if (tool === "look" && isText) return; // the browser selects it
    const element = frame.current!;
    const place = element.getBoundingClientRect();
    const at = (one: PointerEvent): [number, number] => [
      (one.clientX - place.left - view.x) / view.scale,
      (one.clientY - place.top - view.y) / view.scale,
    ];
    event.preventDefault();
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
    const start = at(event);
    let box: Region["box"] | undefined;
    const move = (one: PointerEvent) => {
      if (tool === "look") {
        const [dx, dy] = [one.clientX - event.clientX, one.clientY - event.clientY];
        setView({ ...view, x: view.x + dx, y: view.y + dy });
      } else draw((box = boxOf(start, at(one), picture)));
    };
    const end = () => {
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", end);
      element.removeEventListener("pointercancel", end);
      draw(undefined);
      if (tool === "look" || !box || !item || box[2] < 3 || box[3] < 3) return;
      const now = store.items.value.find(({ id }) => id === item.id)?.regions ?? [];
      store.setRegions(item.id, [...now, { id: store.nextId(), kind: tool, box }]);
    };
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", end);
    element.addEventListener("pointercancel", end);
  };

  const key = (event: KeyboardEvent) => {
    const pan = (x: number, y: number) => setView((old) => ({ ...old, x: old.x + x, y: old.y + y }));
    const actions: Record<string, () => void> = {
      "+": () => zoom(1.25),
      "=": () => zoom(1.25),
      "-": () => zoom(0.8),
      "0": fit,
      ArrowLeft: () => pan(50, 0),
      ArrowRight: () => pan(-50, 0),
      ArrowUp: () => pan(0, 50),
      ArrowDown: () => pan(0, -50),
    };
    const action = event.ctrlKey || event.metaKey ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };

  const count = item?.lines.length ?? 0;
  return (
    <section class="panel viewer" aria-label={t("picture")}>
      <div class="toolbar">
        <fieldset class="tools">
          <legend class="hidden">{t("tool")}</legend>
          {TOOLS.map(([name, title]) => (
            <label key={name}>
              <input
                type="radio"
                name="tool"
                value={name}
                checked={tool === name}
                onChange={() => setTool(name)}
              />
              <span>{t(title)}</span>
            </label>
          ))}
        </fieldset>
        <label class="check">
          <input
            type="checkbox"
            checked={hasBoxes}
            onChange={(event) => showBoxes(event.currentTarget.checked)}
          />
          <span>{t("boxes")}</span>
        </label>
        <div class="zoom">
          <button type="button" aria-label={t("zoomOut")} onClick={() => zoom(0.8)}>
            −
          </button>
          <output>{t("zoomValue", { percent: Math.round(view.scale * 100) })}</output>
          <button type="button" aria-label={t("zoomIn")} onClick={() => zoom(1.25)}>
            +
          </button>
          <button type="button" onClick={fit}>
            {t("zoomFit")}
          </button>
        </div>
      </div>
      <div
        ref={frame}
        class={`frame ${tool}`}
        tabIndex={0}
        role="group"
        aria-label={item ? t("pictureOf", { name: item.name, count }) : t("picture")}
        data-testid="frame"
        onPointerDown={press}
        onKeyDown={key}
      >
        {picture && (
          <div
            class="stage"
            style={{
              width: `${picture.width}px`,
              height: `${picture.height}px`,
              transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})`,
            }}
          >
            <img src={picture.url} alt="" draggable={false} />
            <Overlay item={item} picture={picture} scale={view.scale} boxes={hasBoxes} drawn={drawn} />
          </div>
        )}
        {!picture && (
          <p class="empty">
            {item?.error ?? (item ? t("pictureLoading") : t("pictureEmpty"))}
          </p>
        )}
      </div>
      {item && picture && <Regions item={item} />}
    </section>
  );
}

/** The rectangle between two points, within the picture. */
function boxOf(
  [a, b]: [number, number],
  [c, d]: [number, number],
  { width, height }: { width: number; height: number },
): Region["box"] {
  const clamp = (value: number, most: number) => Math.round(Math.min(most, Math.max(0, value)));
  const [left, right] = [clamp(Math.min(a, c), width), clamp(Math.max(a, c), width)];
  const [top, bottom] = [clamp(Math.min(b, d), height), clamp(Math.max(b, d), height)];
  return [left, top, right - left, bottom - top];
}
