import { useEffect, useRef, useState } from "preact/hooks";
import { copy } from "../lib/clipboard";
import { t } from "../lib/i18n";
import { levelOf, partsOf, textOf } from "../model/doubt";
import { remember } from "../model/history";
import { askAlternatives } from "../model/read";
import * as store from "../model/store";
import type { Item, Line } from "../model/types";
import { Icon } from "./Icon";

interface Props {
  item: Item;
  line: Line;
  number: number;
}

/** One line: its text, how sure it is, and what can be done with it. */
export function Row({ item, line, number }: Props) {
  const [isEdited, edit] = useState(false);
  const [isOpen, open] = useState(false);
  const [done, setDone] = useState("");
  const isHovered = store.hoveredLine.value === line.id;
  const isChosen = store.selectedLine.value === line.id;

  const correct = (text: string) => {
    const corrected = text === line.text ? undefined : text;
    store.updateLine(item.id, line.id, { corrected });
    edit(false);
    const now = store.items.value.find(({ id }) => id === item.id);
    if (now) void remember(now);
  };
  const others = async () => {
    open(!isOpen);
    if (isOpen || line.alternatives) return;
    await askAlternatives(item).catch((error: unknown) => store.notify(store.reasonOf(error)));
  };

  return (
    <tr
      class={`${isHovered ? "hovered" : ""} ${isChosen ? "chosen" : ""}`}
      onMouseEnter={() => (store.hoveredLine.value = line.id)}
      onMouseLeave={() => (store.hoveredLine.value = 0)}
    >
      <td>
        <button
          type="button"
          class={`number ${levelOf(line.score)}`}
          aria-label={t("show", { number })}
          aria-pressed={isChosen}
          onClick={() => (store.selectedLine.value = line.id)}
        >
          {number}
        </button>
      </td>
      <td class="text">
        {isEdited ? (
          <Editor line={line} number={number} onSave={correct} onCancel={() => edit(false)} />
        ) : (
          <Text line={line} />
        )}
        {isOpen && (
          <Alternatives
            line={line}
            number={number}
            onTake={(text) => {
              correct(text);
              open(false);
            }}
          />
        )}
      </td>
      <td class={`score ${levelOf(line.score)}`}>{line.score.toFixed(3)}</td>
      <td class="actions">
        <button
          type="button"
          class="quiet icon"
          aria-label={t("edit", { number })}
          onClick={() => edit(!isEdited)}
        >
          <Icon name="edit" />
        </button>
        <button
          type="button"
          class="quiet icon"
          aria-label={t("alternativesOf", { number })}
          aria-expanded={isOpen}
          onClick={others}
        >
          <Icon name="others" />
        </button>
        <button
          type="button"
          class="quiet icon"
          aria-label={done || t("copyLine", { number })}
          onClick={async () => setDone((await copy(textOf(line))) ? t("copied") : t("copyFailed"))}
        >
          <Icon name={done ? "check" : "copy"} />
        </button>
      </td>
    </tr>
  );
}

function Text({ line }: { line: Line }) {
  return (
    <span class="read">
      {partsOf(line).map(({ text, score }, index) =>
        score === undefined ? (
          <span key={index}>{text}</span>
        ) : (
          <mark key={index} title={t("doubtful", { char: text, percent: Math.round(score * 100) })}>
            {text}
          </mark>
        ),
      )}
      {line.corrected !== undefined && (
        <span class="badge" title={t("correctedFrom", { text: line.text })}>
          {t("corrected")}
        </span>
      )}
    </span>
  );
}

interface EditorProps {
  line: Line;
  number: number;
  onSave: (text: string) => void;
  onCancel: () => void;
}

function Editor({ line, number, onSave, onCancel }: EditorProps) {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(textOf(line));
  useEffect(() => input.current?.select(), []);
  return (
    <form
      class="editor"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(text);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onCancel();
      }}
    >
      <input
        ref={input}
        aria-label={t("line", { number })}
        value={text}
        data-testid="editor"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit">{t("editSave")}</button>
    </form>
  );
}

interface AlternativesProps {
  line: Line;
  number: number;
  onTake: (text: string) => void;
}

function Alternatives({ line, number, onTake }: AlternativesProps) {
  if (!line.alternatives) return <p class="help">{t("reading")}</p>;
  if (!line.alternatives.length) return <p class="help">{t("alternativesNone")}</p>;
  return (
    <ul class="alternatives" aria-label={t("alternativesOf", { number })}>
      {line.alternatives.map(({ text, probability }) => (
        <li key={text}>
          <button type="button" aria-label={t("alternativesUse", { text })} onClick={() => onTake(text)}>
            {text || "–"}
          </button>
          <span class="score">{(probability * 100).toFixed(1)} %</span>
        </li>
      ))}
    </ul>
  );
}
