import { useState } from "preact/hooks";
import { copy, download } from "../lib/clipboard";
import { exportFile } from "../lib/api";
import { fileName, FORMATS, zipOf } from "../lib/exports";
import { t, type TextKey } from "../lib/i18n";
import { labelFiles } from "../lib/labels";
import { curlOf, pythonOf } from "../lib/snippets";
import { isReading } from "../model/read";
import * as store from "../model/store";
import type { Item } from "../model/types";

const TITLES: Record<string, TextKey> = {
  text: "exportText",
  csv: "exportCsv",
  json: "exportJson",
};
const LABELS = "labels";

/** The result of one picture or of all as files, and the request as a command. */
export function Export() {
  const item = store.selected.value;
  const [format, setFormat] = useState("text");
  const [isBusy, busy] = useState(false);
  const [told, tell] = useState("");
  const done = store.items.value.filter(({ status }) => status === "done");
  const byServer = store.formats.value.filter((name) => !(name in TITLES));
  const hasResult = item?.status === "done";

  const save = async (items: Item[], asZip: boolean) => {
    busy(true);
    try {
      await write(items, format, asZip);
    } catch (error) {
      store.notify(store.reasonOf(error));
    } finally {
      busy(false);
    }
  };
  const asked = item?.run ?? {
    module: store.moduleName.value,
    options: store.requestOptions(),
  };
  const give = async (text: string) => tell((await copy(text)) ? t("copied") : t("copyFailed"));

  return (
    <div class="export">
      <div class="row">
        <label class="field inline">
          <span>{t("exportAs")}</span>
          <select
            value={format}
            data-testid="format"
            onChange={(event) => setFormat(event.currentTarget.value)}
          >
            {FORMATS.map(({ name }) => (
              <option key={name} value={name}>
                {t(TITLES[name] ?? "export")}
              </option>
            ))}
            <option value={LABELS}>{t("exportLabels")}</option>
            {byServer.length > 0 && (
              <optgroup label={t("exportByServer")}>
                {byServer.map((name) => (
                  <option key={name} value={name}>
                    {name}
                  </option>
                ))}
              </optgroup>
            )}
          </select>
        </label>
        <button
          type="button"
          disabled={!hasResult || isBusy}
          data-testid="download"
          onClick={() => item && save([item], false)}
        >
          {t("exportDownload")}
        </button>
        {store.items.value.length > 1 && (
          <button
            type="button"
            disabled={!done.length || isBusy || isReading.value}
            data-testid="download-all"
            onClick={() => save(done, true)}
          >
            {t("zip")}
          </button>
        )}
      </div>
      {byServer.includes(format) && <p class="help">{t("exportServerHelp")}</p>}
      {item && (
        <div class="row">
          <span class="help">{t("repeat")}</span>
          <button type="button" data-testid="copy-curl" onClick={() => give(curlOf(item, asked))}>
            {t("copyCurl")}
          </button>
          <button type="button" data-testid="copy-python" onClick={() => give(pythonOf(item, asked))}>
            {t("copyPython")}
          </button>
          <span role="status" class="help">
            {told}
          </span>
        </div>
      )}
    </div>
  );
}

async function write(items: Item[], name: string, asZip: boolean): Promise<void> {
  const taken = new Set<string>();
  const first = items[0];
  if (!first) return;
  if (name === LABELS) {
    const stem = asZip ? "hubocr" : fileName(first.name, taken);
    return download(zipOf(await labelFiles(items)), `${stem}-labels.zip`);
  }
  const format = FORMATS.find((known) => known.name === name);
  if (!format) return writeByServer(items, name, asZip);
  const path = (item: Item) => `${fileName(item.name, taken)}.${format.ending}`;
  if (!asZip) return download(new Blob([format.write(first)]), path(first));
  const files = Object.fromEntries(items.map((item) => [path(item), format.write(item)]));
  download(zipOf(files), "hubocr-results.zip");
}

/** The server reads each file again, with the options that it was read with. */
async function writeByServer(items: Item[], format: string, asZip: boolean): Promise<void> {
  const taken = new Set<string>();
  const files: Record<string, Uint8Array> = {};
  for (const item of items) {
    const { rec_char_scores: _, ...options } = item.run?.options ?? store.requestOptions();
    const page = item.page && { page_range: String(item.page.number) };
    const password = item.page?.password && { password: item.page.password };
    const file = { name: item.name, blob: item.file };
    const { blob, ending } = await exportFile(format, file, { ...options, ...page, ...password });
    const name = `${fileName(item.name, taken)}.${ending}`;
    if (!asZip) return download(blob, name);
    files[name] = new Uint8Array(await blob.arrayBuffer());
  }
  download(zipOf(files), "hubocr-results.zip");
}
