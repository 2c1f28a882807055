// What people do in a visit, by the names that stand on the screen.
import { type Browser, type Page, expect } from '@playwright/test';
import { type Who, account, open } from './people.ts';

/** The clinician starts a visit now and stands in it. */
export async function startVisit(browser: Browser, clinician: Who, patient: Who): Promise<Page> {
  const page = await open(browser, clinician);
  await page.getByRole('button', { name: 'New visit' }).click();
  await page.getByRole('combobox', { name: 'Patient' }).selectOption({ label: account(patient).name });
  await page.getByRole('button', { name: 'Start now' }).click();
  await expect(page.getByRole('region', { name: 'Visit' })).toBeVisible();
  return page;
}

export function visitPath(page: Page): string {
  return new URL(page.url()).pathname;
}

/** A patient goes through the lobby into the waiting room. */
export async function wait(browser: Browser, who: Who, path: string): Promise<Page> {
  const page = await open(browser, who, path);
  await passLobby(page);
  return page;
}

export async function passLobby(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Before you join' })).toBeVisible();
  await page.getByRole('button', { name: 'Join', exact: true }).click();
}

export async function admit(clinician: Page, who: Who): Promise<void> {
  await clinician.getByRole('button', { name: `Admit ${account(who).name}` }).click();
}

/** Patient and clinician in the visit together. */
export async function meet(browser: Browser, clinician: Who, patient: Who): Promise<{ clinician: Page; patient: Page }> {
  const doctor = await startVisit(browser, clinician, patient);
  const other = await wait(browser, patient, visitPath(doctor));
  await expect(other.getByRole('heading', { name: 'Waiting room' })).toBeVisible();
  await admit(doctor, patient);
  await expect(other.getByRole('region', { name: 'Visit' })).toBeVisible();
  return { clinician: doctor, patient: other };
}

type Video = { currentTime: number; videoWidth: number; frames: number };

/** The person's picture as this page shows it, found by the name on it. */
export async function picture(page: Page, who: Who): Promise<Video | null> {
  const video = page.locator(`video[aria-label*="${account(who).name}"]`).first();
  if ((await video.count()) === 0) return null;
  return video.evaluate((element: HTMLVideoElement) => ({
    currentTime: element.currentTime,
    videoWidth: element.videoWidth,
    frames: element.getVideoPlaybackQuality().totalVideoFrames,
  }));
}

/** Passes when the page keeps decoding new frames of this person. */
export async function sees(page: Page, who: Who): Promise<void> {
  await expect.poll(async () => (await picture(page, who))?.frames ?? 0, { message: `${who} is seen` }).toBeGreaterThan(0);
  const before = (await picture(page, who))?.frames ?? 0;
  await expect.poll(async () => (await picture(page, who))?.frames ?? 0, { message: `${who} moves` }).toBeGreaterThan(before + 5);
}

/** Names in the list that comes from the encryption group. */
export async function peopleInVisit(page: Page): Promise<string[]> {
  return page.getByRole('list', { name: 'People in this visit' }).getByRole('listitem').allInnerTexts();
}

export async function say(page: Page, text: string): Promise<void> {
  const chat = page.getByRole('region', { name: 'Chat' });
  if (!(await chat.isVisible())) await page.getByRole('button', { name: 'Chat' }).click();
  await chat.getByRole('textbox', { name: 'Message' }).fill(text);
  await chat.getByRole('button', { name: 'Send' }).click();
}

export async function reads(page: Page, text: string): Promise<void> {
  const chat = page.getByRole('region', { name: 'Chat' });
  if (!(await chat.isVisible())) await page.getByRole('button', { name: 'Chat' }).click();
  await expect(chat.getByText(text)).toBeVisible();
}
