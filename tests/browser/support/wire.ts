// The place of a server that lies, and of a wire that dies: every signalling message passes here and can be read, dropped,
// changed or added to.
import type { Page, WebSocketRoute } from '@playwright/test';

export type Message = { type: string; [field: string]: unknown };
export type Wire = {
  /** What the browser sent, in order. */
  said: Message[];
  /** What the server sent, in order, before any lie. */
  heard: Message[];
  /** Says something to the browser in the server's name. */
  lie: (message: Message) => void;
  /** Says something to the server in the browser's name. */
  say: (message: Message) => void;
  /** From now on nothing passes either way, and nobody is told: sockets stay open, and new ones open to nowhere. */
  silence: () => void;
  /** Sockets that are opened from now on reach the server again; those before stay dead. */
  restore: () => void;
};

/** Stands between this page and the server from its next WebSocket on. */
export async function between(page: Page, change: (message: Message) => Message[] = (one) => [one]): Promise<Wire> {
  let socket: WebSocketRoute | undefined;
  let server: WebSocketRoute | undefined;
  // Sockets to which this does not belong any more are dead.
  let alive = {};
  let silent = false;
  // The browser takes numbers in order, without gaps: every message, true or not, gets the next one.
  let last = 0;
  const wire: Wire = {
    said: [],
    heard: [],
    lie: (message) => {
      last += 1;
      socket?.send(JSON.stringify({ seq: last, message }));
    },
    say: (message) => server?.send(JSON.stringify(message)),
    silence: () => {
      silent = true;
      alive = {};
    },
    restore: () => {
      silent = false;
      alive = {};
    },
  };
  await page.routeWebSocket(/\/socket$/, (route) => {
    if (silent) return;
    const life = alive;
    const to = route.connectToServer();
    [socket, server] = [route, to];
    route.onMessage((text) => {
      if (life !== alive) return;
      wire.said.push(JSON.parse(String(text)) as Message);
      to.send(text);
    });
    route.onClose((code, reason) => {
      if (life === alive) void to.close({ code, reason });
    });
    to.onClose((code, reason) => {
      if (life === alive) void route.close({ code, reason });
    });
    to.onMessage((text) => {
      if (life !== alive) return;
      const envelope = JSON.parse(String(text)) as { seq: number; message: Message };
      if (envelope.message.type === 'placed') last = envelope.seq - 1;
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
