import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../lib/i18n";
import { Dialog } from "./Dialog";

interface Props {
  onClose: () => void;
  onPicture: (file: File) => void;
}

export function CameraDialog({ onClose, onPicture }: Props) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState("");

  useEffect(() => {
    let stream: MediaStream | undefined;
    let closed = false;
    const end = () => stream?.getTracks().forEach((track) => track.stop());
    const begin = async () => {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 2560 }, height: { ideal: 1440 } },
      });
      if (closed) return end();
      if (video.current) video.current.srcObject = stream;
      await video.current?.play();
    };
    // Without HTTPS a browser gives a camera to pages of this machine alone.
    begin().catch((error: unknown) => setProblem(String(error)));
    return () => {
      closed = true;
      end();
    };
  }, []);

  const shoot = async () => {
    const shown = video.current;
    if (!shown?.videoWidth) return;
    const canvas = new OffscreenCanvas(shown.videoWidth, shown.videoHeight);
    canvas.getContext("2d")?.drawImage(shown, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/png" });
    const time = new Date().toISOString().slice(11, 19).replaceAll(":", "");
    onPicture(new File([blob], `camera-${time}.png`, { type: "image/png" }));
    onClose();
  };

  return (
    <Dialog title={t("cameraTitle")} onClose={onClose} wide>
      {problem ? (
        <p class="problem" role="alert">
          {t("cameraFailed", { reason: problem })}
        </p>
      ) : (
        <>
          <video ref={video} muted playsInline class="camera" />
          <button type="button" class="primary" onClick={shoot}>
            {t("cameraShoot")}
          </button>
        </>
      )}
    </Dialog>
  );
}
