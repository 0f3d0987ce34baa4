import { useSignalEffect } from "@preact/signals";
import { t } from "../lib/i18n";
import * as store from "../model/store";
import { pictureOf } from "../model/pictures";
import { Header } from "./Header";
import { KeyDialog } from "./KeyDialog";
import { List } from "./List";
import { OptionsForm } from "./OptionsForm";
import { Result } from "./Result";
import { Scenes } from "./Scenes";
import { Source } from "./Source";
import { Viewer } from "./Viewer";

export function App() {
  useSignalEffect(() => {
    const item = store.selected.value;
    if (!item || item.picture || item.status === "failed") return;
    pictureOf(item, new AbortController().signal).catch((error: unknown) =>
      store.update(item.id, { status: "failed", error: store.reasonOf(error) }),
    );
  });
  return (
    <>
      <a class="skip" href="#result">
        {t("skip")}
      </a>
      <Header />
      <main class="layout">
        <section class="panel controls" aria-label={t("images")}>
          <Source />
          <Scenes />
          <OptionsForm />
          <List />
        </section>
        <Viewer />
        <Result />
      </main>
      <Notices />
      <KeyDialog />
      <p class="hidden" role="status" data-testid="announcement">
        {store.announcement.value}
      </p>
    </>
  );
}

function Notices() {
  return (
    <div class="notices" role="alert">
      {store.notices.value.map(({ id, text }) => (
        <div class="notice" key={id}>
          <span>{text}</span>
          <button type="button" class="quiet" onClick={() => store.dismiss(id)}>
            {t("dismiss")}
          </button>
        </div>
      ))}
    </div>
  );
}
