// How loud a microphone is, ten times a second, as 0 to 1: enough for a bar that shows "we can hear you".

/** Faster only makes the bar nervous. */
const EVERY_MS = 100;
/** Speech close to a laptop has a root mean square near 0.1; the bar is full a little above. */
const LOUD = 0.15;

export function loudness(samples: Float32Array): number {
  const square = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
  return Math.min(1, Math.sqrt(square) / LOUD);
}

/** Gives back how to stop listening. The sound goes nowhere else. */
export function listenTo(track: MediaStreamTrack, tell: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    tell(loudness(samples));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
