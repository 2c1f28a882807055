// How long a person waits, from the press of *Join* (already admitted): to the first decoded frame of the other, which is
// what encryption, signalling and media take, and to the first one on the screen, which the browser's player adds to.
import { test } from '@playwright/test';
import { account } from '../support/people.ts';
import { meet, sees } from '../support/visit.ts';
import { quantile, tell } from './figures.ts';

// Twenty give a p95 that is the second-worst; more only take longer.
const RUNS = Number(process.env['CURTAIN_BENCH_RUNS'] ?? 20);

type Marks = { pressed?: number; decoded?: number; seen?: number };
/** Not in TypeScript's library yet (W3C MediaStreamTrack Insertable Media Processing using Streams). */
type Frames = { readable: ReadableStream<{ close(): void }> };

test('join', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await sees(patient, 'lee');
  await patient.addInitScript((name: string) => {
    const marks: Marks = {};
    Object.assign(window, { marks });
    const Processor = (window as unknown as { MediaStreamTrackProcessor: new (init: { track: MediaStreamTrack }) => Frames }).MediaStreamTrackProcessor;
    window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
      construct(target, parameters) {
        const made = Reflect.construct(target, parameters) as RTCPeerConnection;
        made.addEventListener('track', ({ track }) => {
          if (track.kind !== 'video') return;
          const reader = new Processor({ track }).readable.getReader();
          void reader.read().then(({ value }) => {
            marks.decoded ??= performance.now();
            value?.close();
            return reader.cancel();
          });
        });
        return made;
      },
    });
    addEventListener('click', (event) => {
      const button = (event.target as Element).closest('button');
      if (button?.textContent?.trim() === 'Join') marks.pressed = performance.now();
    }, { capture: true });
    new MutationObserver(() => {
      for (const video of document.querySelectorAll<HTMLVideoElement>(`video[aria-label*="${name}"]:not([data-timed])`)) {
        video.dataset['timed'] = '';
        // When the decoded frame was handed over to be drawn; the callback itself may run later.
        video.requestVideoFrameCallback((_, { presentationTime }) => { marks.seen ??= presentationTime; });
      }
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-label'] });
  }, account('lee').name);

  const runs: Required<Omit<Marks, 'pressed'>>[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await patient.reload();
    const join = patient.getByRole('button', { name: 'Join', exact: true });
    await join.waitFor();
    // The lobby shows the preview before it lets anybody press: that is when the worker is warm too.
    await patient.locator('video').first().waitFor();
    await patient.waitForTimeout(1_500);
    await join.click();
    const marks = await patient.waitForFunction(() => {
      const { pressed, decoded, seen } = (window as unknown as { marks: Marks }).marks;
      return decoded === undefined || seen === undefined ? null : { decoded: decoded - pressed!, seen: seen - pressed! };
    }).then((handle) => handle.jsonValue());
    runs.push(marks!);
  }
  const decoded = spread(runs.map((run) => run.decoded));
  const seen = spread(runs.map((run) => run.seen));
  console.log(`join: press of Join to first decoded frame, ${RUNS} runs: p50 ${decoded.p50_ms} ms, p95 ${decoded.p95_ms} ms`);
  console.log(`join: press of Join to first frame on the screen, ${RUNS} runs: p50 ${seen.p50_ms} ms, p95 ${seen.p95_ms} ms`);
  tell('join', { runs: RUNS, decoded, seen });
  await clinician.context().close();
  await patient.context().close();
});

function spread(millis: readonly number[]): { p50_ms: number; p95_ms: number; min_ms: number; max_ms: number } {
  const at = (share: number) => Math.round(quantile(millis, share));
  return { p50_ms: at(0.5), p95_ms: at(0.95), min_ms: at(0), max_ms: at(1) };
}
