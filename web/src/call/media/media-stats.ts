// What getStats tells of one connection, cut to what the watchdog and the "weak" notice need.

/** Packets of all receiving tracks together, and what congestion control believes the uplink can carry. */
export type Network = { readonly lost: number; readonly received: number; readonly available: number };

/** Frames of a picture, packets of a sound: what went over the wire for one transform. */
export type Wire = { readonly transform: number; readonly wire: number };

/** The few members of WebRTC Statistics that are read here. */
export type Stat = {
  readonly type: string;
  readonly kind?: string;
  readonly mid?: string;
  readonly framesSent?: number;
  readonly packetsSent?: number;
  readonly framesReceived?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly nominated?: boolean;
  readonly availableOutgoingBitrate?: number;
};

/** `stats` is an RTCStatsReport; `transforms` are known by their m-line. */
export function summary(
  stats: { forEach(action: (report: Stat) => void): void },
  transforms: ReadonlyMap<string, number>,
): { wires: Wire[]; network: Network } {
  const wires: Wire[] = [];
  const network = { lost: 0, received: 0, available: Infinity };
  stats.forEach((report) => {
    const transform = transforms.get(report.mid ?? "");
    const video = report.kind === "video";
    if (report.type === "outbound-rtp" && transform !== undefined) {
      wires.push({ transform, wire: (video ? report.framesSent : report.packetsSent) ?? 0 });
    } else if (report.type === "inbound-rtp" && transform !== undefined) {
      // Packets of a picture include padding that is no frame.
      wires.push({ transform, wire: (video ? report.framesReceived : report.packetsReceived) ?? 0 });
      network.lost += report.packetsLost ?? 0;
      network.received += report.packetsReceived ?? 0;
    } else if (report.type === "candidate-pair" && report.nominated === true) {
      network.available = report.availableOutgoingBitrate ?? Infinity;
    }
  });
  return { wires, network };
}
