// A frame's way from one browser's sender to another's receiver: sealed or dropped, opened or dropped, nothing between.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { KeyRing, type RawFrameKey, type Sender } from "./key-ring";
import { FrameReceiver } from "./receiver";
import { SendKeys } from "./send-keys";
import { type EncodedFrame, FrameSender } from "./sender";

const CAMERA = 1;
const rawKey = (epoch: number, leaf = 0): RawFrameKey => ({
  kid: (CAMERA << 12) | (leaf << 8) | (epoch & 255),
  key: new Uint8Array(16).fill(epoch + 1),
  salt: new Uint8Array(12).fill(leaf),
});
const frame = (text: string, type: "key" | "delta" = "key", mimeType = "video/VP8"): EncodedFrame => ({
  data: new TextEncoder().encode(text).buffer,
  type,
  getMetadata: () => ({ mimeType }),
});
const copy = (of: EncodedFrame): EncodedFrame => ({ ...of, data: of.data.slice(0) });
const text = (of: EncodedFrame): string => new TextDecoder().decode(of.data);

function pair() {
  const sendKeys = new SendKeys();
  const ring = new KeyRing();
  const opened: Sender[] = [];
  const asked: number[] = [];
  const clock = { now: 0 };
  const receiver = new FrameReceiver(
    ring,
    { opened: (sender) => opened.push(sender), needsKeyFrame: () => asked.push(clock.now) },
    () => Date.now(),
  );
  const sender = new FrameSender(CAMERA, sendKeys, () => undefined);
  const use = (epoch: number): void => {
    sendKeys.use("group", epoch, new Map([[CAMERA, rawKey(epoch)]]));
  };
  const install = (epoch: number): void => {
    ring.install(epoch, [{ sender: { person: "ana", leaf: 0, context: CAMERA }, raw: rawKey(epoch) }]);
  };
  return { sender, receiver, ring, use, install, opened, asked };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a frame", () => {
  it.each(["video/VP8", "video/VP9", "video/AV1", "video/H264", "audio/opus"])(
    "of %s arrives as it left, and nobody between can read it",
    async (mime) => {
      const { sender, receiver, use, install, opened } = pair();
      use(1);
      install(1);
      const sent = frame("what the camera saw", "key", mime);
      expect(await sender.seal(sent)).toBe(true);
      expect(text(sent)).not.toContain("camera");
      expect(await receiver.open(sent)).toBe(true);
      expect(text(sent)).toBe("what the camera saw");
      expect(opened).toEqual([{ person: "ana", leaf: 0, context: CAMERA }]);
    },
  );

  it("does not leave without a key, nor with a codec that can't be sealed", async () => {
    const { sender, use } = pair();
    expect(await sender.seal(frame("early"))).toBe(false);
    use(1);
    expect(await sender.seal(frame("strange", "key", "video/H265"))).toBe(false);
    expect(sender.counts).toEqual({ seen: 2, passed: 0 });
  });

  it("in clear is never played", async () => {
    const { receiver, install } = pair();
    install(1);
    expect(await receiver.open(frame("a server's own picture"))).toBe(false);
    // Read as a header, this text may name a key that could yet come: then it waits its half second.
    const sound = receiver.open(frame("a server's own sound", "delta", "audio/opus"));
    await vi.advanceTimersByTimeAsync(500);
    expect(await sound).toBe(false);
    expect(receiver.counts.passed).toBe(0);
  });

  it("that comes twice is played once", async () => {
    const { sender, receiver, use, install } = pair();
    use(1);
    install(1);
    const sent = frame("once");
    await sender.seal(sent);
    const again = copy(sent);
    expect(await receiver.open(sent)).toBe(true);
    expect(await receiver.open(again)).toBe(false);
  });

  it("of the next epoch waits for its key", async () => {
    const { sender, receiver, use, install } = pair();
    use(2);
    install(1);
    const sent = frame("ahead");
    await sender.seal(sent);
    const opening = receiver.open(sent);
    await vi.advanceTimersByTimeAsync(300);
    install(2);
    expect(await opening).toBe(true);
  });

  it("whose key never comes is dropped after half a second, and those after it at once", async () => {
    const { sender, receiver, use, install } = pair();
    use(2);
    install(1);
    const [first, second] = [frame("one"), frame("two", "delta")];
    await sender.seal(first);
    await sender.seal(second);
    const opening = receiver.open(first);
    await vi.advanceTimersByTimeAsync(500);
    expect(await opening).toBe(false);
    expect(await receiver.open(second)).toBe(false);
  });

  it("after a lost one asks for a key frame, once a second at most", async () => {
    const { sender, receiver, use, install, asked } = pair();
    use(1);
    install(1);
    const passes = async (type: "key" | "delta"): Promise<void> => {
      const sent = frame("picture", type);
      await sender.seal(sent);
      expect(await receiver.open(sent)).toBe(true);
    };
    await passes("key");
    expect(asked).toHaveLength(0);
    expect(await receiver.open(frame("junk", "delta"))).toBe(false);
    for (let i = 0; i < 5; i += 1) await passes("delta");
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    await passes("delta");
    expect(asked).toHaveLength(2);
    await passes("key");
    await vi.advanceTimersByTimeAsync(1_000);
    await passes("delta");
    expect(asked).toHaveLength(2);
  });

  it("of somebody whose keys were retired is not opened", async () => {
    const { sender, receiver, ring, use, install } = pair();
    use(1);
    install(1);
    const sent = frame("after the Remove");
    await sender.seal(sent);
    install(2);
    ring.retireBefore(2);
    expect(await receiver.open(sent)).toBe(false);
  });
});
