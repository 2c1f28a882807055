// The hint stands where it should and changes nothing else.
import { expect, it } from "vitest";

import { withStartBitrate } from "./start-bitrate";

const section = (kind: string, direction: string, ...lines: string[]): string =>
  [`m=${kind} 9 UDP/TLS/RTP/SAVPF 96 97 98`, `a=${direction}`, ...lines, ""].join("\r\n");
const video = ["a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", "a=rtpmap:98 VP9/90000"];
const vp9 = "a=fmtp:98 profile-id=0";

it("hints at where to start, for the video we send only", () => {
  const sound = section("audio", "recvonly", "a=rtpmap:96 opus/48000/2");
  const theirs = section("video", "sendonly", ...video, vp9);
  const offer = `v=0\r\n${sound}${section("video", "recvonly", ...video, vp9)}${theirs}`;
  const hinted = withStartBitrate(offer);
  expect(hinted.startsWith(`v=0\r\n${sound}`)).toBe(true);
  expect(hinted.endsWith(theirs)).toBe(true);
  expect(hinted).toContain("a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=800\r\n");
  expect(hinted).toContain("a=fmtp:98 profile-id=0;x-google-start-bitrate=800\r\n");
  expect(hinted).toContain("a=fmtp:97 apt=96\r\n");
  expect(hinted.match(/x-google/g)).toHaveLength(2);
});

it("leaves an offer without video as it is", () => {
  const offer = `v=0\r\n${section("audio", "recvonly", "a=rtpmap:96 opus/48000/2")}`;
  expect(withStartBitrate(offer)).toBe(offer);
});
