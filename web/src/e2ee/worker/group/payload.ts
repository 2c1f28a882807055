// The application payloads that members send each other inside the group: kind, version 1, body (docs/protocol.md). The
// group's machine checks the form of what comes in; here it is written and read.
import type { Tracks } from "../../messages";

const CHAT = 0x01;
const HELLO = 0x13;
const READY = 0x14;
const TRACKS = 0x16;
const CODE_DIFFERS = 0x17;
const VERSION = 1;

export type Payload =
  | { kind: "chat"; text: string }
  /** The name of somebody whose credential must not tell it to the server. */
  | { kind: "hello"; name: string }
  /** "My receiving keys of this epoch are in place." */
  | { kind: "ready"; epoch: number }
  | { kind: "tracks"; tracks: Tracks }
  /** "I was read another SafetyCode than that of this round here." */
  | { kind: "code_differs"; since: number; round: number };

export function encodePayload(payload: Payload): Uint8Array {
  switch (payload.kind) {
    case "chat":
      return join(CHAT, new TextEncoder().encode(payload.text));
    case "hello":
      return join(HELLO, new TextEncoder().encode(payload.name));
    case "ready":
      return join(READY, epochBytes(payload.epoch));
    case "tracks":
      return join(TRACKS, Uint8Array.of(mask(payload.tracks)));
    case "code_differs":
      return join(CODE_DIFFERS, Uint8Array.of(...epochBytes(payload.since), payload.round));
  }
}

/** Null for a kind or a form that this version does not know. */
export function decodePayload(bytes: Uint8Array): Payload | null {
  if (bytes[1] !== VERSION) return null;
  const body = bytes.subarray(2);
  switch (bytes[0]) {
    case CHAT:
      return { kind: "chat", text: new TextDecoder().decode(body) };
    case HELLO:
      return { kind: "hello", name: new TextDecoder().decode(body) };
    case READY:
      return body.length === 8 ? { kind: "ready", epoch: epochOf(body) } : null;
    case TRACKS:
      return body.length === 1 ? { kind: "tracks", tracks: tracksOf(body[0] ?? 0) } : null;
    case CODE_DIFFERS:
      return body.length === 9 ? { kind: "code_differs", since: epochOf(body), round: body[8] ?? 0 } : null;
    default:
      return null;
  }
}

function join(kind: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(2 + body.length);
  out.set([kind, VERSION]);
  out.set(body, 2);
  return out;
}

function epochBytes(epoch: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(epoch));
  return out;
}

function epochOf(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
}

function mask(tracks: Tracks): number {
  return (tracks.microphone ? 1 : 0) | (tracks.camera ? 2 : 0) | (tracks.screen ? 4 : 0);
}

function tracksOf(bits: number): Tracks {
  return { microphone: (bits & 1) !== 0, camera: (bits & 2) !== 0, screen: (bits & 4) !== 0 };
}
