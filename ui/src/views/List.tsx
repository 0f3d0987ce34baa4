import { t, type TextKey } from "../lib/i18n";
import { isReading, progress } from "../model/read";
import * as store from "../model/store";
import type { Item } from "../model/types";
import { Icon } from "./Icon";

/** The pictures that were brought, and how far each is. */
export function List() {
  const items = store.items.value;
  if (!items.length) return null;
  const { done, failed, all } = progress.value;
  return (
    <section class="list" aria-label={t("list")}>
      <div class="row spread">
        <p data-testid="progress">
          {t("progress", { done, all })}
          {failed > 0 && <span class="bad"> · {t("progressFailed", { count: failed })}</span>}
        </p>
        <button
          type="button"
          class="quiet"
          disabled={isReading.value}
          onClick={() => items.forEach(({ id }) => store.removeItem(id))}
        >
          {t("clear")}
        </button>
      </div>
      <ul>
        {items.map((item) => (
          <Entry key={item.id} item={item} />
        ))}
      </ul>
    </section>
  );
}

function Entry({ item }: { item: Item }) {
  const isCurrent = store.selectedId.value === item.id;
  const status: TextKey = `status.${item.status}`;
  return (
    <li class={`entry ${item.status} ${isCurrent ? "current" : ""}`} data-status={item.status}>
      <button
        type="button"
        class="entry-name"
        aria-current={isCurrent ? "true" : undefined}
        onClick={() => store.select(item.id)}
      >
        <span class="name">{item.name}</span>
        <span class="state">{t(status, { count: item.lines.length })}</span>
      </button>
      <button
        type="button"
        class="quiet icon"
        aria-label={t("remove", { name: item.name })}
        disabled={item.status === "reading"}
        onClick={() => store.removeItem(item.id)}
      >
        <Icon name="remove" />
      </button>
      {item.error && (
        <p class="problem" data-testid="entry-error">
          {item.error}
        </p>
      )}
    </li>
  );
}
