import { t, type TextKey } from "../lib/i18n";
import * as store from "../model/store";
import type { Item, Region } from "../model/types";
import { Icon } from "./Icon";

const SIDES: TextKey[] = ["left", "top", "width", "height"];

/** The regions as numbers: what the mouse draws can be typed as well. */
export function Regions({ item }: { item: Item }) {
  const { width = 0, height = 0 } = item.picture ?? {};
  const add = (kind: Region["kind"]) => {
    const box: Region["box"] = [0, 0, width, Math.round(height / 2)];
    store.setRegions(item.id, [...item.regions, { id: store.nextId(), kind, box }]);
  };
  const change = (id: number, side: number, value: number) =>
    store.setRegions(
      item.id,
      item.regions.map((region) => {
        if (region.id !== id || !Number.isFinite(value)) return region;
        const box: Region["box"] = [...region.box];
        box[side] = value;
        return { ...region, box };
      }),
    );
  return (
    <details class="regions" open={item.regions.length > 0}>
      <summary>
        {t("regions")} {item.regions.length > 0 && <span class="badge">{item.regions.length}</span>}
      </summary>
      <p class="help">{t("regionsHelp")}</p>
      {item.regions.map((region, index) => (
        <fieldset key={region.id} class="region-row">
          <legend>
            {index + 1} · {t(region.kind === "only" ? "regionOnly" : "regionIgnore")}
          </legend>
          {SIDES.map((side, place) => (
            <label key={side}>
              <span>{t(side)}</span>
              <input
                type="number"
                min={place < 2 ? 0 : 1}
                value={region.box[place]}
                onChange={(event) => change(region.id, place, event.currentTarget.valueAsNumber)}
              />
            </label>
          ))}
          <button
            type="button"
            class="quiet icon"
            aria-label={t("regionRemove", { number: index + 1 })}
            onClick={() =>
              store.setRegions(
                item.id,
                item.regions.filter(({ id }) => id !== region.id),
              )
            }
          >
            <Icon name="remove" />
          </button>
        </fieldset>
      ))}
      <div class="row">
        <button type="button" onClick={() => add("only")}>
          {t("regionAddOnly")}
        </button>
        <button type="button" onClick={() => add("ignore")}>
          {t("regionAddIgnore")}
        </button>
      </div>
    </details>
  );
}
