// Which words help to unblock a camera: the one place where the browser's name matters, and only for wording.
import { t } from "../../i18n";

export function unblockingSteps(agent: string): readonly string[] {
  if (/iPhone|iPad/.test(agent)) return t.devices.stepsSafariPhone;
  if (/Firefox\//.test(agent)) return t.devices.stepsFirefox;
  if (/Chrome\/|Edg\//.test(agent)) return t.devices.stepsChrome;
  if (/Safari\//.test(agent)) return t.devices.stepsSafari;
  return t.devices.stepsOther;
}

/** A phone app that shows web pages inside itself; such windows often can't use camera and microphone. */
export function isInsideAnApp(agent: string): boolean {
  return /FBAN|FBAV|Instagram|Line\/|GSA\/|; wv\)|MicroMessenger|Snapchat|TikTok/.test(agent);
}
