// Every video codec that is offered can be sealed, forwarded and seen: two browsers that choose it meet and see each other.
import { type Browser, type Page, expect, test } from '@playwright/test';
import { meet, sees } from '../../support/visit.ts';

type Peers = typeof globalThis & { peers: RTCPeerConnection[] };

/** The same browser, but each of its pages reads this codec first in what the server offers. */
function preferring(browser: Browser, mimeType: string): Browser {
  const newContext: Browser['newContext'] = async (options) => {
    const context = await browser.newContext(options);
    await context.addInitScript((name) => {
      const peers: RTCPeerConnection[] = ((globalThis as Peers).peers = []);
      const take = RTCPeerConnection.prototype.setRemoteDescription;
      RTCPeerConnection.prototype.setRemoteDescription = function (this: RTCPeerConnection, offer) {
        peers.push(this);
        const number = new RegExp(`a=rtpmap:(\\d+) ${name}/`).exec(offer.sdp ?? '')![1]!;
        const first = (_: string, start: string, numbers: string) => `${start} ${number}${numbers.replace(` ${number}`, '')}`;
        return take.call(this, { type: offer.type, sdp: offer.sdp!.replace(/(m=video \d+ \S+)((?: \d+)+)/g, first) });
      } as typeof take;
    }, mimeType.replace('video/', ''));
    return context;
  };
  return new Proxy(browser, { get: (target, name) => (name === 'newContext' ? newContext : Reflect.get(target, name)) });
}

/** In which codec this page sends its picture, by the browser's own books. */
async function sendsIn(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const sent = new Set<string>();
    for (const peer of (globalThis as Peers).peers) {
      const report = await peer.getStats();
      for (const one of report.values()) {
        if (one.type === 'outbound-rtp' && one.kind === 'video' && one.framesSent > 0) sent.add(report.get(one.codecId).mimeType);
      }
    }
    return [...sent];
  });
}

for (const codec of ['video/VP9', 'video/AV1', 'video/H264']) {
  test(`two people see each other in ${codec}`, async ({ browser }) => {
    const { clinician, patient } = await meet(preferring(browser, codec), 'lee', 'ana');
    await sees(clinician, 'ana');
    await sees(patient, 'lee');
    expect(await sendsIn(clinician)).toEqual([codec]);
    expect(await sendsIn(patient)).toEqual([codec]);
    await clinician.context().close();
    await patient.context().close();
  });
}
