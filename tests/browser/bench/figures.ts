// What a bench says at its end: to whoever reads along, and to the file that was asked for.
import { writeFileSync } from 'node:fs';

/** The value below which this share of the numbers lies. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))]!;
}

/** Prints the figures of a bench and writes them where `--json` said. */
export function tell(bench: string, figures: object): void {
  console.log(JSON.stringify(figures));
  const json = process.env['CURTAIN_BENCH_JSON'];
  if (json) writeFileSync(json, `${JSON.stringify({ [bench]: figures })}\n`);
}
