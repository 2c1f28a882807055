// Shows a stream in a <video>. Some browsers want a press before they let sound out; the caller is told.
import type { Attachment } from "svelte/attachments";

export function play(
  stream: MediaStream | null,
  onblocked: () => void = () => undefined,
): Attachment<HTMLVideoElement> {
  return (video) => {
    video.srcObject = stream;
    if (stream === null) return;
    video.play().catch((error: unknown) => {
      // An AbortError only says that a newer stream came.
      if (error instanceof DOMException && error.name === "NotAllowedError") onblocked();
    });
    return () => {
      video.srcObject = null;
    };
  };
}
