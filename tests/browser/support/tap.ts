// Listens where the server listens. The browser writes down every RTP packet just before DTLS-SRTP wraps it for the
// server, which unwraps it again: what stands here is what the server holds.
import { type Browser, chromium } from '@playwright/test';
import { CHROMIUM, CHROMIUM_FLAGS } from './chromium.ts';

export type Packet = { payloadType: number; ssrc: number; payload: Buffer };
export type Tapped = { browser: Browser; sent: Packet[]; close: () => Promise<void> };

/** A browser whose outgoing media is written down. */
export async function tappedBrowser(): Promise<Tapped> {
  const server = await chromium.launchServer({
    executablePath: CHROMIUM,
    args: [
      ...CHROMIUM_FLAGS,
      '--enable-logging=stderr',
      '--vmodule=*/webrtc/*=3',
      '--force-fieldtrials=WebRTC-Debugging-RtpDump/Enabled/',
    ],
  });
  const sent: Packet[] = [];
  let rest = '';
  server.process().stderr?.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      // text2pcap form: direction, time, offset, bytes.
      const bytes = /(?:^|\s)O \d\d:\d\d:\d\d\.\d+ 0000((?: [0-9a-f]{2})+)/.exec(line)?.[1];
      const packet = bytes && rtp(Buffer.from(bytes.replaceAll(' ', ''), 'hex'));
      if (packet) sent.push(packet);
    }
  });
  const browser = await chromium.connect(server.wsEndpoint());
  return { browser, sent, close: () => server.close() };
}

/** RFC 3550 §5.1: the payload without header, extension and padding. RTCP (types 192 to 223) is left out. */
function rtp(bytes: Buffer): Packet | null {
  if (bytes.length < 12 || bytes[0]! >> 6 !== 2) return null;
  if (bytes[1]! >= 192 && bytes[1]! <= 223) return null;
  let start = 12 + 4 * (bytes[0]! & 15);
  if (bytes[0]! & 0x10) start += 4 + 4 * bytes.readUInt16BE(start + 2);
  const padding = bytes[0]! & 0x20 ? bytes[bytes.length - 1]! : 0;
  const payload = bytes.subarray(start, bytes.length - padding);
  return payload.length === 0 ? null : { payloadType: bytes[1]! & 0x7f, ssrc: bytes.readUInt32BE(8), payload };
}

/** RFC 9605 §4.3: key id, counter and where the ciphertext starts; `null` when it is no SFrame header. */
export function sframeHeader(bytes: Buffer): { kid: number; counter: bigint; length: number } | null {
  if (bytes.length < 1) return null;
  const config = bytes[0]!;
  const kidLength = config & 0x80 ? ((config >> 4) & 7) + 1 : 0;
  const counterLength = config & 0x08 ? (config & 7) + 1 : 0;
  const length = 1 + kidLength + counterLength;
  if (bytes.length < length) return null;
  const number = (from: number, size: number) =>
    size === 0 ? 0n : BigInt(`0x${bytes.subarray(from, from + size).toString('hex')}`);
  const kid = kidLength ? number(1, kidLength) : BigInt((config >> 4) & 7);
  const counter = counterLength ? number(1 + kidLength, counterLength) : BigInt(config & 7);
  return { kid: Number(kid), counter, length };
}

/** RFC 7741 §4.2: what follows the payload descriptor when the packet starts a frame, else `null`. */
export function vp8FrameStart(payload: Buffer): Buffer | null {
  const first = payload[0]!;
  if (!(first & 0x10) || (first & 7) !== 0) return null;
  let at = 1;
  if (first & 0x80) {
    const extension = payload[at]!;
    at += 1;
    if (extension & 0x80) at += payload[at]! & 0x80 ? 2 : 1;
    if (extension & 0x40) at += 1;
    if (extension & 0x30) at += 1;
  }
  return payload.subarray(at);
}
