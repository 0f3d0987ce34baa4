import { useEffect, useState } from "preact/hooks";
import { pngOf, renderPages } from "../lib/api";
import { t } from "../lib/i18n";
import { listOf, numbersOf } from "../lib/page_range";
import { firstPage, pageItems } from "../model/pictures";
import { append, reasonOf } from "../model/store";
import { Dialog } from "./Dialog";

const AT_A_TIME = 12;
const THUMBNAIL_DPI = "36";

/** Choose the pages of a document. */
export function PagesDialog({ file, onClose }: { file: File; onClose: () => void }) {
  const [count, setCount] = useState(0);
  const [problem, setProblem] = useState("");
  const [password, setPassword] = useState("");
  const [range, setRange] = useState("1-");
  const [thumbnails, setThumbnails] = useState<string[]>([]);
  const chosen = numbersOf(range, count);

  const open = async () => {
    setProblem("");
    try {
      const first = await firstPage(file, password);
      setCount(first.count);
      if (first.count > 1) await show(first.count, []);
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };
  const show = async (pages: number, before: string[]) => {
    const last = Math.min(pages, before.length + AT_A_TIME);
    const fields = { page_range: `${before.length + 1}-${last}`, pdf_dpi: THUMBNAIL_DPI, password };
    const rendered = await renderPages(file, fields, new AbortController().signal);
    const urls = rendered.map((page) => (page.error ? "" : URL.createObjectURL(pngOf(page))));
    setThumbnails([...before, ...urls]);
  };
  useEffect(() => void open(), []);
  useEffect(() => () => thumbnails.forEach(URL.revokeObjectURL), []);

  const add = (numbers: number[]) => {
    append(pageItems(file, file.name, numbers, count, password || undefined));
    onClose();
  };
  useEffect(() => {
    if (count === 1) add([1]);
  }, [count]);

  const toggle = (number: number) =>
    setRange(
      listOf(
        chosen.includes(number)
          ? chosen.filter((one) => one !== number)
          : [...chosen, number].sort((a, b) => a - b),
      ),
    );

  return (
    <Dialog title={t("pagesTitle", { name: file.name })} onClose={onClose} wide>
      {problem && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void open();
          }}
        >
          <p class="problem" role="alert">
            {problem}
          </p>
          <label class="field">
            <span>{t("pagesPassword")}</span>
            <input
              type="password"
              autocomplete="off"
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          </label>
          <button type="submit">{t("pagesOpen")}</button>
        </form>
      )}
      {!problem && count === 0 && <p aria-busy="true">{t("pictureLoading")}</p>}
      {count > 1 && (
        <>
          <p>{t("pagesHelp", { count })}</p>
          <label class="field">
            <span>{t("pagesRange")}</span>
            <input
              value={range}
              data-testid="page-range"
              onInput={(event) => setRange(event.currentTarget.value)}
            />
          </label>
          <ul class="thumbnails">
            {thumbnails.map((url, index) => (
              <li key={index}>
                <label>
                  <img src={url} alt="" />
                  <span>
                    <input
                      type="checkbox"
                      checked={chosen.includes(index + 1)}
                      onChange={() => toggle(index + 1)}
                    />{" "}
                    {t("pagesPage", { number: index + 1 })}
                  </span>
                </label>
              </li>
            ))}
          </ul>
          <div class="row">
            <button
              type="button"
              class="primary"
              disabled={!chosen.length}
              data-testid="add-pages"
              onClick={() => add(chosen)}
            >
              {chosen.length ? t("pagesAdd", { count: chosen.length }) : t("pagesNone")}
            </button>
            {thumbnails.length < count && (
              <button type="button" onClick={() => show(count, thumbnails)}>
                {t("pagesMore")}
              </button>
            )}
          </div>
        </>
      )}
    </Dialog>
  );
}
