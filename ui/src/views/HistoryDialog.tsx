import { useEffect, useState } from "preact/hooks";
import { language, t } from "../lib/i18n";
import * as history from "../model/history";
import { notify, reasonOf } from "../model/store";
import { Dialog } from "./Dialog";
import { Icon } from "./Icon";

export function HistoryDialog({ onClose }: { onClose: () => void }) {
  const [entries, setEntries] = useState<history.Entry[]>();
  const load = () =>
    history.entries().then(setEntries, (error: unknown) => {
      setEntries([]);
      notify(reasonOf(error));
    });
  useEffect(() => void load(), []);
  const time = (at: number) => new Date(at).toLocaleString(language.value === "zh" ? "zh-CN" : "en");
  const drop = async (work: Promise<void>) => {
    await work;
    await load();
  };
  return (
    <Dialog title={t("historyTitle")} onClose={onClose}>
      <p class="help">{t("historyHelp", { count: history.KEPT })}</p>
      <label class="check">
        <input
          type="checkbox"
          checked={history.isKept.value}
          onChange={(event) => history.keep(event.currentTarget.checked)}
        />
        <span>{t("historyKeep")}</span>
      </label>
      {entries?.length === 0 && <p class="empty">{t("historyEmpty")}</p>}
      <ul class="history">
        {entries?.map((entry) => (
          <li key={entry.id} class="entry">
            <button
              type="button"
              class="entry-name"
              onClick={() => {
                history.reopen(entry);
                onClose();
              }}
            >
              <span class="name">{entry.name}</span>
              <span class="state">
                {time(entry.run.at)} · {t("resultLines", { count: entry.lines.length })}
              </span>
            </button>
            <button
              type="button"
              class="quiet icon"
              aria-label={t("historyRemove", { name: entry.name })}
              onClick={() => drop(history.forget(entry.id))}
            >
              <Icon name="remove" />
            </button>
          </li>
        ))}
      </ul>
      {entries && entries.length > 0 && (
        <button type="button" onClick={() => drop(history.forgetAll())}>
          {t("historyClear")}
        </button>
      )}
    </Dialog>
  );
}
