import { useState } from "preact/hooks";
import { apiKey, keyWanted } from "../lib/api";
import { language, setLanguage, t } from "../lib/i18n";
import { nextTheme, theme } from "../lib/theme";
import { HistoryDialog } from "./HistoryDialog";

const THEME_NAMES = { auto: "themeAuto", light: "themeLight", dark: "themeDark" } as const;

export function Header() {
  const [history, showHistory] = useState(false);
  const isChinese = language.value === "zh";
  return (
    <header class="top">
      <h1>
        <img src="ui/icon.svg" alt="" width="28" height="28" />
        <span>hubocr</span> <span class="tagline">{t("tagline")}</span>
      </h1>
      <nav class="top-actions">
        <button type="button" class="quiet" onClick={() => showHistory(true)}>
          {t("history")}
        </button>
        {(apiKey.value || keyWanted.value) && (
          <button type="button" class="quiet" onClick={() => (keyWanted.value = true)}>
            {t("key")}
          </button>
        )}
        <button type="button" class="quiet" onClick={nextTheme} data-testid="theme">
          {t("theme", { name: t(THEME_NAMES[theme.value]) })}
        </button>
        <button
          type="button"
          class="quiet"
          lang={isChinese ? "en" : "zh-CN"}
          aria-label={t("languageLabel")}
          data-testid="language"
          onClick={() => setLanguage(isChinese ? "en" : "zh")}
        >
          {t("language")}
        </button>
      </nav>
      {history && <HistoryDialog onClose={() => showHistory(false)} />}
    </header>
  );
}
