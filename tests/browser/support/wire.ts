// The place of a server that lies: every signalling message passes here and can be read, dropped, changed or added to.
import type { Page, WebSocketRoute } from '@playwright/test';

export type Message = { type: string; [field: string]: unknown };
export type Wire = {
  /** What the browser sent, in order. */
  said: Message[];
  /** What the server sent, in order, before any lie. */
  heard: Message[];
  /** Says something to the browser in the server's name. */
  lie: (message: Message) => void;
};

/** Stands between this page and the server from its next WebSocket on. */
export async function between(page: Page, change: (message: Message) => Message[] = (one) => [one]): Promise<Wire> {
  let socket: WebSocketRoute | undefined;
  // The browser takes numbers in order, without gaps: every message, true or not, gets the next one.
  let last = 0;
  const wire: Wire = {
    said: [],
    heard: [],
    lie: (message) => {
      last += 1;
      socket?.send(JSON.stringify({ seq: last, message }));
    },
  };
  await page.routeWebSocket(/\/socket$/, (route) => {
    socket = route;
    const server = route.connectToServer();
    route.onMessage((text) => {
      wire.said.push(JSON.parse(String(text)) as Message);
      server.send(text);
    });
    server.onMessage((text) => {
      const envelope = JSON.parse(String(text)) as { seq: number; message: Message };
      wire.heard.push(envelope.message);
      if (envelope.seq === 0) return route.send(text);
      for (const message of change(envelope.message)) {
        last += 1;
        route.send(JSON.stringify({ seq: last, message }));
      }
    });
  });
  return wire;
}
