import { useState } from "preact/hooks";
import { apiKey, keyWanted, setKey } from "../lib/api";
import { t } from "../lib/i18n";
import { Dialog } from "./Dialog";

export function KeyDialog() {
  const [typed, type] = useState("");
  if (!keyWanted.value) return null;
  const submit = (event: Event) => {
    event.preventDefault();
    if (!typed.trim()) return;
    setKey(typed.trim());
    type("");
  };
  return (
    <Dialog title={t("keyTitle")} onClose={() => (keyWanted.value = false)}>
      <form onSubmit={submit}>
        <label class="field">
          <span>{t("key")}</span>
          <input
            type="password"
            autocomplete="off"
            autofocus
            value={typed}
            data-testid="key"
            onInput={(event) => type(event.currentTarget.value)}
          />
        </label>
        <p class="help">{t("keyHelp")}</p>
        <div class="row">
          <button type="submit" class="primary">
            {t("keySave")}
          </button>
          {apiKey.value && (
            <button type="button" onClick={() => setKey("")}>
              {t("keyForget")}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
}
