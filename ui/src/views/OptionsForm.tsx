import { useEffect, useId, useState } from "preact/hooks";
import { said, t } from "../lib/i18n";
import * as store from "../model/store";
import type { Option } from "../model/types";

/** What the page sets by itself: the kind of image, and the scores that it marks doubt by. */
const OWN = new Set(["profile", "rec_char_scores", "rec_alternatives"]);

/** A form that is made from the server's own description of its options. */
export function OptionsForm() {
  const shown = store.options.value.filter(({ name }) => !OWN.has(name));
  const names = new Set(shown.map(({ name }) => name));
  const count = Object.keys(store.changed.value).filter((name) => names.has(name)).length;
  const sections = new Map<string, Option[]>();
  for (const option of shown) {
    const title = said(option.section, "");
    sections.set(title, [...(sections.get(title) ?? []), option]);
  }
  if (!shown.length) return null;
  return (
    <details class="options" data-testid="options">
      <summary>
        {t("options")}
        {count > 0 && <span class="badge">{t("optionsChanged", { count })}</span>}
      </summary>
      {count > 0 && (
        <button type="button" onClick={() => (store.changed.value = {})}>
          {t("optionsReset")}
        </button>
      )}
      {[...sections].map(([title, options]) => (
        <fieldset key={title}>
          <legend>{title}</legend>
          {options.map((option) => (
            <Field key={`${store.moduleName.value} ${option.name}`} option={option} />
          ))}
        </fieldset>
      ))}
    </details>
  );
}

function Field({ option }: { option: Option }) {
  const id = useId();
  const { name } = option;
  const isSet = name in store.changed.value;
  return (
    <div class={`option ${isSet ? "set" : ""}`}>
      <label for={id}>
        <code>{name}</code>
      </label>
      <Control option={option} id={id} />
      <p class="help" id={`${id}-help`}>
        {said(option.meaning, option.description)}
      </p>
    </div>
  );
}

function shown(value: unknown): string {
  return value === null || value === undefined
    ? ""
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
}

function Control({ option, id }: { option: Option; id: string }) {
  const { name } = option;
  const value = store.changed.value[name];
  const common = { id, "aria-describedby": `${id}-help`, name };
  const preset = t("optionDefault", { value: shown(option.default) || "–" });
  const types = [option.type ?? []].flat();
  const choices =
    option.enum ?? (types.includes("boolean") && types.length === 1 ? [true, false] : undefined);
  if (choices) {
    return (
      <select
        {...common}
        value={value === undefined ? "" : JSON.stringify(value)}
        onChange={({ currentTarget }) =>
          store.setOption(name, currentTarget.value ? JSON.parse(currentTarget.value) : undefined)
        }
      >
        <option value="">
          {option.default === true || option.default === false
            ? t("optionDefault", { value: t(option.default ? "optionYes" : "optionNo") })
            : preset}
        </option>
        {choices.map((choice) => (
          <option key={shown(choice)} value={JSON.stringify(choice)}>
            {choice === true ? t("optionYes") : choice === false ? t("optionNo") : shown(choice)}
          </option>
        ))}
      </select>
    );
  }
  const isNumber = types.includes("integer") || types.includes("number");
  if (isNumber && !types.includes("string")) {
    return (
      <Typed
        {...common}
        limits={{
          min: option.minimum,
          max: option.maximum,
          step: types.includes("integer") ? 1 : "any",
        }}
        placeholder={preset}
        onType={(text) => store.setOption(name, text === "" ? undefined : Number(text))}
      />
    );
  }
  return (
    <Typed
      {...common}
      placeholder={preset}
      onType={(text) => store.setOption(name, text === "" ? undefined : parsed(text))}
    />
  );
}

interface TypedProps {
  id: string;
  "aria-describedby": string;
  name: string;
  limits?: { min: number | undefined; max: number | undefined; step: number | "any" };
  placeholder: string;
  onType: (text: string) => void;
}

/** A field that keeps what was typed, also what is no number yet, until the option is reset. */
function Typed({ onType, limits, ...rest }: TypedProps) {
  const value = store.changed.value[rest.name];
  const [text, setText] = useState(shown(value));
  useEffect(() => {
    if (value === undefined) setText("");
  }, [value === undefined]);
  const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
    setText(currentTarget.value);
    onType(currentTarget.value);
  };
  return limits ? (
    <input {...rest} {...limits} type="number" value={text} onInput={onInput} />
  ) : (
    <input {...rest} type="text" value={text} onInput={onInput} />
  );
}

/** Lists are typed as JSON; anything else is a text, even where it looks like a number. */
function parsed(text: string): unknown {
  if (!text.trim().startsWith("[")) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
