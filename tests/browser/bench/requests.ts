// What an attacker's script sends: plain HTTP from an address of its own, without a browser. All of 127.0.0.0/8 is this
// machine, so there are as many addresses as anybody wants.
import { Agent, request } from 'node:http';
import { expect } from '@playwright/test';
import { type Who, account, freshCode } from '../support/people.ts';
import { stack } from '../support/stack.ts';

export type Answer = { status: number; millis: number; body: string; cookies: string[] };

/** Somebody's computer: an address, and the connections it keeps open. */
export class Computer {
  readonly #agent: Agent;

  constructor(readonly address: string, connections = 1) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, localAddress: address });
  }

  get(path: string): Promise<Answer> {
    return this.#send('GET', path, undefined, '');
  }

  post(path: string, body: unknown, cookie = ''): Promise<Answer> {
    return this.#send('POST', path, JSON.stringify(body), cookie);
  }

  /** Hangs up. */
  leave(): void {
    this.#agent.destroy();
  }

  #send(method: string, path: string, body: string | undefined, cookie: string): Promise<Answer> {
    const { port, host, origin } = new URL(stack().url);
    const headers: Record<string, string | number> = { host };
    if (body !== undefined) {
      Object.assign(headers, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), origin });
      Object.assign(headers, { 'sec-fetch-site': 'same-origin', 'x-curtain': '1' });
    }
    if (cookie) headers['cookie'] = cookie;
    return new Promise((answered, failed) => {
      const begun = performance.now();
      const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: this.#agent }, (response) => {
        const millis = performance.now() - begun;
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () => {
          const cookies = (response.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]!);
          answered({ status: response.statusCode!, millis, body: Buffer.concat(chunks).toString(), cookies });
        });
      });
      sent.on('error', failed);
      sent.end(body);
    });
  }
}

/** The nth address of a block: `block` keeps those of one purpose apart. */
export function addressOf(block: number, n: number): string {
  return `127.${block}.${(n >> 8) & 255}.${(n & 255) || 255}`;
}

/** Both factors of a demo account: what the server took in all, and the cookies of the session. */
export async function signIn(computer: Computer, who: Who): Promise<{ millis: number; cookies: string[] }> {
  const { email, password } = account(who);
  const first = await computer.post('/api/v1/sign-in', { email, password });
  expect(first.status, first.body).toBe(200);
  // Waiting for an unused code is the authenticator's time, not the server's.
  const code = await freshCode(who);
  const second = await computer.post('/api/v1/sign-in/code', { code }, first.cookies.join('; '));
  expect(second.status, second.body).toBe(200);
  return { millis: first.millis + second.millis, cookies: second.cookies };
}
