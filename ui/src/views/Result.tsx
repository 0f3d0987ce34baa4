import { useEffect, useRef, useState } from "preact/hooks";
import { copy } from "../lib/clipboard";
import { plainText, tsv } from "../lib/exports";
import { t } from "../lib/i18n";
import { DOUBT, isDoubtful } from "../model/doubt";
import * as store from "../model/store";
import type { Item } from "../model/types";
import { Export } from "./Export";
import { Row } from "./Row";

/** The table of lines. */
export function Result() {
  const item = store.selected.value;
  return (
    <section class="panel result" id="result" aria-label={t("result")} tabIndex={-1}>
      {item?.status === "done" ? (
        <Lines item={item} />
      ) : (
        <p class={item?.error ? "problem" : "empty"} data-testid="result-empty">
          {item?.error ?? t("resultEmpty")}
        </p>
      )}
      {store.items.value.length > 0 && <Export />}
    </section>
  );
}

function Lines({ item }: { item: Item }) {
  const list = useRef<HTMLTableSectionElement>(null);
  const [copied, setCopied] = useState("");
  const chosen = store.selectedLine.value;
  useEffect(() => {
    list.current?.querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const doubtful = item.lines.filter(isDoubtful).length;
  const give = async (text: string) => setCopied((await copy(text)) ? t("copied") : t("copyFailed"));
  return (
    <>
      <div class="row spread">
        <p data-testid="summary">
          <strong>{t("resultLines", { count: item.lines.length })}</strong>
          {doubtful > 0 && <> · {t("resultDoubt", { count: doubtful })}</>}
          {item.run && <> · {t("resultTime", { seconds: (item.run.ms / 1000).toFixed(2) })}</>}
        </p>
        <div class="row">
          <button type="button" onClick={() => give(plainText(item))} data-testid="copy-text">
            {t("copyText")}
          </button>
          <button type="button" onClick={() => give(tsv(item))}>
            {t("copyTable")}
          </button>
          <span role="status" class="help">
            {copied}
          </span>
        </div>
      </div>
      {item.lines.length === 0 && <p class="empty">{t("resultNothing")}</p>}
      {item.lines.length > 0 && (
        <div class="table">
          <table>
            <thead>
              <tr>
                <th scope="col">#</th>
                <th scope="col">{t("text")}</th>
                <th scope="col">{t("score")}</th>
                <th scope="col">
                  <span class="hidden">{t("actions")}</span>
                </th>
              </tr>
            </thead>
            <tbody ref={list}>
              {item.lines.map((line, index) => (
                <Row key={line.id} item={item} line={line} number={index + 1} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {doubtful > 0 && <p class="help">{t("doubtLegend", { percent: Math.round(DOUBT * 100) })}</p>}
      {item.run && item.run.models.length > 0 && (
        <p class="help" data-testid="models">
          {t("resultModels", { models: item.run.models.join(", ") })}
        </p>
      )}
    </>
  );
}
