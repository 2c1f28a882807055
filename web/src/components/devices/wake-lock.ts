// Keeps the screen awake while somebody waits or talks. Browsers without it, or in power saving, simply do without.

/** Gives back how to let the screen sleep again. The lock is lost whenever the page is hidden, so it is taken anew. */
export function keepAwake(): () => void {
  let over = false;
  let lock: WakeLockSentinel | null = null;

  const take = async (): Promise<void> => {
    const wakeLock = (navigator as Partial<Navigator>).wakeLock;
    if (over || wakeLock === undefined || document.visibilityState !== "visible") return;
    try {
      const taken = await wakeLock.request("screen");
      // The screen may have been left while the browser thought about it.
      if (over) await taken.release();
      else lock = taken;
    } catch {
      lock = null;
    }
  };
  const again = (): void => void take();

  again();
  document.addEventListener("visibilitychange", again);
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", again);
    void lock?.release();
  };
}
