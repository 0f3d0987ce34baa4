import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../lib/i18n";
import { take } from "../model/pictures";
import { CameraDialog } from "./CameraDialog";
import { PagesDialog } from "./PagesDialog";

/** Where pictures come from: files, the clipboard, what is dropped, the camera. */
export function Source() {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, over] = useState(false);
  const [camera, showCamera] = useState(false);
  const [documents, setDocuments] = useState<File[]>([]);

  const bring = async (files: Iterable<File>) => {
    const found = await take(files);
    setDocuments((before) => [...before, ...found]);
  };

  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const drag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(event.type === "dragover");
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      over(false);
      void bring(Array.from(event.dataTransfer?.files ?? []));
    };
    const paste = (event: ClipboardEvent) => {
      const files = Array.from(event.clipboardData?.files ?? []);
      if (!files.length) return;
      event.preventDefault();
      void bring(files);
    };
    document.addEventListener("dragover", drag);
    document.addEventListener("dragleave", drag);
    document.addEventListener("drop", drop);
    document.addEventListener("paste", paste);
    return () => {
      document.removeEventListener("dragover", drag);
      document.removeEventListener("dragleave", drag);
      document.removeEventListener("drop", drop);
      document.removeEventListener("paste", paste);
    };
  }, []);

  const chosen = (event: Event) => {
    const { files } = event.currentTarget as HTMLInputElement;
    void bring(Array.from(files ?? []));
    (event.currentTarget as HTMLInputElement).value = "";
  };

  return (
    <div class={`drop ${isOver ? "over" : ""}`}>
      <p>{t("drop")}</p>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept="image/*,.pdf,.tif,.tiff,.heic,.heif,.jp2,.pnm,.ppm,.pgm"
        data-testid="files"
        onChange={chosen}
      />
      <div class="row">
        <button type="button" onClick={() => input.current?.click()}>
          {t("choose")}
        </button>
        <button type="button" onClick={() => showCamera(true)}>
          {t("camera")}
        </button>
      </div>
      {camera && <CameraDialog onClose={() => showCamera(false)} onPicture={(f) => bring([f])} />}
      {documents[0] && (
        <PagesDialog
          key={documents.length}
          file={documents[0]}
          onClose={() => setDocuments((before) => before.slice(1))}
        />
      )}
    </div>
  );
}
