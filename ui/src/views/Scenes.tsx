import { said, t, type TextKey } from "../lib/i18n";
import { isReading, progress, read, stop } from "../model/read";
import * as store from "../model/store";

const ORDER = [
  "general",
  "document",
  "screen",
  "scene",
  "handwriting",
  "plate",
  "captcha",
  "vertical",
  "seal",
];
const TITLES: Record<string, TextKey> = {
  general: "scene.general",
  document: "scene.document",
  screen: "scene.screen",
  scene: "scene.scene",
  handwriting: "scene.handwriting",
  plate: "scene.plate",
  captcha: "scene.captcha",
  vertical: "scene.vertical",
  seal: "scene.seal",
  fast: "scene.fast",
  default: "scene.default",
};

function place(name: string): number {
  return ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length;
}

/** The kind of image, and the button. */
export function Scenes() {
  const { names, texts } = store.scenes.value;
  const sorted = ["", ...[...names].sort((a, b) => place(a) - place(b))];
  const title = (name: string) => {
    const key = TITLES[name];
    return name === "" ? t("sceneDefault") : key ? t(key) : name;
  };
  return (
    <>
      <fieldset class="scenes">
        <legend>{t("scene")}</legend>
        {names.length === 0 && <p class="help">{t("sceneNone")}</p>}
        {names.length > 0 &&
          sorted.map((name) => (
            <label key={name} class={store.scene.value === name ? "chosen" : ""}>
              <input
                type="radio"
                name="scene"
                value={name}
                checked={store.scene.value === name}
                onChange={() => (store.scene.value = name)}
              />
              <span class="scene-name">{title(name)}</span>
            </label>
          ))}
        {names.length > 0 && (
          <p class="help" aria-live="polite" data-testid="scene-help">
            {store.scene.value === ""
              ? t("sceneDefaultHelp")
              : said(texts[store.scene.value], store.scene.value)}
          </p>
        )}
      </fieldset>
      <ModuleChoice />
      <ReadButton />
    </>
  );
}

function ModuleChoice() {
  if (store.readers.value.length < 2) return null;
  return (
    <label class="field">
      <span>{t("module")}</span>
      <select
        value={store.moduleName.value}
        data-testid="module"
        onChange={(event) => store.chooseModule(event.currentTarget.value)}
      >
        {store.readers.value.map(({ name, kind }) => (
          <option key={name} value={name}>
            {t(kind === "ocr_rec" ? "moduleLine" : "modulePage", { name })}
          </option>
        ))}
      </select>
    </label>
  );
}

function ReadButton() {
  const items = store.items.value;
  const fresh = items.filter(({ status }) => status === "waiting" || status === "cancelled");
  const item = store.selected.value;
  const again = fresh.length === 0 && item !== undefined;
  const ids = again ? [item.id] : fresh.map(({ id }) => id);
  if (isReading.value) {
    const { done, failed, all } = progress.value;
    return (
      <div class="reading">
        <progress max={all} value={done + failed} aria-label={t("reading")} />
        <button type="button" class="primary" onClick={stop} data-testid="stop">
          {t("stop")}
        </button>
      </div>
    );
  }
  return (
    <button
      type="button"
      class="primary big"
      disabled={!ids.length || !store.moduleName.value}
      data-testid="read"
      onClick={() => read(ids)}
    >
      {again
        ? t("readAgain")
        : ids.length > 1
          ? t("readAll", { count: ids.length })
          : t("read")}
    </button>
  );
}
