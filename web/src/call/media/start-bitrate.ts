// Chromium starts video at 300 kbit/s, drops the first quarter second of anything larger than 320 × 180 for it and then
// stays small (measured: first frame 240 ms later, 320 × 180 after two seconds). A hint in the offer's codec parameters,
// which other browsers ignore, lets it begin where a usual uplink is; congestion control goes down from there.

/** Higher overshoots slow uplinks in the first second; lower brings the small picture back. */
const KILOBITS_PER_SECOND = 800;

/** The offer with the hint on the video we send (where the forwarder receives). */
export function withStartBitrate(offer: string): string {
  const sections = offer.split(/^(?=m=)/m);
  return sections.map((section) => (isOurVideo(section) ? hinted(section) : section)).join("");
}

function isOurVideo(section: string): boolean {
  return section.startsWith("m=video") && /^a=recvonly\r?$/m.test(section);
}

function hinted(section: string): string {
  const hint = `x-google-start-bitrate=${String(KILOBITS_PER_SECOND)}`;
  return section
    .replace(/^a=rtpmap:(\d+) VP[89]\/90000(\r?\n)/gm, (line: string, type: string, end: string) => {
      const parameters = new RegExp(`^a=fmtp:${type} `, "m");
      return parameters.test(section) ? line : `${line}a=fmtp:${type} ${hint}${end}`;
    })
    .replace(/^(a=fmtp:(\d+) [^\r\n]*)/gm, (line: string, _: string, type: string) => {
      const isVp = new RegExp(`^a=rtpmap:${type} VP[89]/90000`, "m").test(section);
      return !isVp || line.includes(hint) ? line : `${line};${hint}`;
    });
}
