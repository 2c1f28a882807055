// How long a person waits: from the press of *Join* (already admitted) to the first decoded picture of the other.
import { writeFileSync } from 'node:fs';
import { test } from '@playwright/test';
import { account } from '../support/people.ts';
import { meet, sees } from '../support/visit.ts';

// Twenty give a p95 that is the second-worst; more only take longer.
const RUNS = Number(process.env['CURTAIN_BENCH_RUNS'] ?? 20);

type Marks = { pressed?: number; seen?: number };

test('join', async ({ browser }) => {
  const { clinician, patient } = await meet(browser, 'lee', 'ana');
  await sees(patient, 'lee');
  await patient.addInitScript((name: string) => {
    const marks: Marks = {};
    Object.assign(window, { marks });
    addEventListener('click', (event) => {
      const button = (event.target as Element).closest('button');
      if (button?.textContent?.trim() === 'Join') marks.pressed = performance.now();
    }, { capture: true });
    new MutationObserver(() => {
      for (const video of document.querySelectorAll<HTMLVideoElement>(`video[aria-label*="${name}"]:not([data-timed])`)) {
        video.dataset['timed'] = '';
        video.requestVideoFrameCallback(() => { marks.seen ??= performance.now(); });
      }
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-label'] });
  }, account('lee').name);

  const millis: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    await patient.reload();
    const join = patient.getByRole('button', { name: 'Join', exact: true });
    await join.waitFor();
    // The lobby shows the preview before it lets anybody press: that is when the worker is warm too.
    await patient.locator('video').first().waitFor();
    await patient.waitForTimeout(1_500);
    await join.click();
    const marks = await patient.waitForFunction(() => {
      const seen = (window as unknown as { marks: Marks }).marks;
      return seen.seen === undefined ? null : { pressed: seen.pressed!, seen: seen.seen };
    }).then((handle) => handle.jsonValue());
    millis.push(marks!.seen - marks!.pressed);
  }
  millis.sort((a, b) => a - b);
  const at = (share: number) => Math.round(millis[Math.min(millis.length - 1, Math.max(0, Math.ceil(millis.length * share) - 1))]!);
  const figures = { runs: RUNS, p50_ms: at(0.5), p95_ms: at(0.95), min_ms: at(0), max_ms: at(1) };
  console.log(`join: press of Join to first decoded picture, ${RUNS} runs: p50 ${figures.p50_ms} ms, p95 ${figures.p95_ms} ms`);
  console.log(JSON.stringify(figures));
  const json = process.env['CURTAIN_BENCH_JSON'];
  if (json) writeFileSync(json, `${JSON.stringify({ join: figures })}\n`);
  await clinician.context().close();
  await patient.context().close();
});
