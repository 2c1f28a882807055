// One place in one visit over as many sockets as it takes: arrives, resumes what was missed, hands every message on
// exactly once and in order, and acknowledges. It knows nothing of what the messages mean but for its own housekeeping.
import { backoff } from "./backoff";
import { BEAT_EVERY_MS, type ClientMessage, type Envelope, type ServerMessage } from "./protocol.gen";

/** Acknowledged this often; the server keeps 512 for a resume. */
const ACKNOWLEDGE_EVERY = 32;
/** A socket that has not opened after this is given up. Longer only delays the next try. */
const OPEN_WITHIN_MS = 8_000;
/** An arrival or a resume that is not answered within this is lost, however alive the socket. */
const PLACED_WITHIN_MS = 8_000;
/** A socket on which something came this lately is alive. Its own dead end shows only after minutes. */
const QUIET_MS = BEAT_EVERY_MS + 1_000;
/** Two beats did not come: the socket is dead, whatever the browser thinks of it. */
const SILENT_MS = 2 * BEAT_EVERY_MS + 2_000;
/**
 * Messages sent this shortly before a socket was lost may be lost with it; they are sent again after the resume. Those
 * with a receipt are in doubt until it comes.
 */
const IN_DOUBT_MS = 15_000;

// WebSocket.readyState.
const CONNECTING = 0;
const OPEN = 1;

/** What a failed try turned out to be when the server was asked over HTTP, which tells more than a socket. */
export type Verdict = "try_again" | "session_expired" | "visit_not_found" | "ended";

export type Outside = {
  connect(): WebSocket;
  /** Called when a socket did not open. */
  ask(): Promise<Verdict>;
  now(): number;
  random(): number;
  later(milliseconds: number, action: () => void): () => void;
};

export type Events = {
  message(message: ServerMessage): void;
  /** The socket is up and the place is ours (again), or it is down. */
  online(online: boolean): void;
  /** Open, with nothing asked of it yet. */
  lobby(): void;
  /** No place to resume: ask for one with `arrive`. */
  needsArrival(): void;
  /** No further try is made. */
  over(verdict: Exclude<Verdict, "try_again">): void;
  /** Tries so far failed, in a row. */
  failing(failures: number): void;
};

/**
 * What becomes of a message when there is no socket, or it is lost a moment later. `now`: dropped, the sender repeats it
 * by itself. `once`: waits for the place. `repeat`: also sent again after a loss, since a second copy does no harm.
 * `ahead`: the same, and need not wait for the place.
 */
export type Delivery = "now" | "once" | "ahead" | "repeat";

type Sent = { readonly message: ClientMessage; readonly how: Delivery; readonly at: number };

export class Connection {
  readonly #outside: Outside;
  readonly #events: Events;
  #socket: WebSocket | null = null;
  /** The socket's first message is answered: others may follow. */
  #placed = false;
  #arrival: ClientMessage | null = null;
  #token: string | null = null;
  #received = 0;
  #acknowledged = 0;
  #queue: Sent[] = [];
  #inDoubt: Sent[] = [];
  #failures = 0;
  #heardAt = -Infinity;
  #retry: (() => void) | null = null;
  /** Ends the watch over this socket. */
  #unwatch: (() => void) | null = null;
  /** Ends the wait for an answer to the arrival or the resume. */
  #answered: (() => void) | null = null;
  #closed = false;

  constructor(outside: Outside, events: Events) {
    this.#outside = outside;
    this.#events = events;
  }

  /** Opens the socket ahead of the arrival. */
  open(): void {
    if (this.#closed || this.#socket !== null) return;
    this.#retry?.();
    this.#retry = null;
    this.#connect();
  }

  /** Asks for a place with a fresh leaf, now or as soon as there is a socket. */
  arrive(keyPackage: string): void {
    this.#token = null;
    this.#queue = [];
    this.#inDoubt = [];
    this.#arrival = { type: "arrive", key_package: keyPackage };
    this.#placed = false;
    if (this.#socket?.readyState === OPEN) this.#greet();
    else this.open();
  }

  send(message: ClientMessage, how: Delivery): void {
    if (this.#closed) return;
    const sent: Sent = { message, how, at: this.#outside.now() };
    const receipt = receiptOf(message);
    // Said again by a person: the copy from before would make two of it.
    if (receipt !== null) this.#receipt(receipt);
    if (this.#placed) this.#write(sent);
    else if (how === "ahead" && this.#token === null) this.#write(sent);
    else if (how !== "now") this.#queue.push(sent);
  }

  /** The network was lost or changed: this socket will not do any more. */
  reconnect(): void {
    if (this.#closed) return;
    this.#lose();
    this.open();
  }

  /** Something else broke: a socket that was quiet lately may be dead without knowing it. */
  doubt(): void {
    if (this.#socket !== null && this.#outside.now() - this.#heardAt > QUIET_MS) this.reconnect();
  }

  /** Gives the place up for now without a word; `open` is not possible any more. */
  close(): void {
    this.#closed = true;
    this.#retry?.();
    this.#forgetTimers();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #connect(): void {
    const socket = this.#outside.connect();
    this.#socket = socket;
    const giveUp = this.#outside.later(OPEN_WITHIN_MS, () => {
      if (socket.readyState === CONNECTING) socket.close();
    });
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      giveUp();
      if (this.#socket !== socket) return;
      this.#heardAt = this.#outside.now();
      this.#watch(SILENT_MS);
      this.#greet();
    });
    socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
      if (this.#socket === socket) this.#receive(data);
    });
    socket.addEventListener("close", () => {
      giveUp();
      if (this.#socket !== socket) return;
      this.#lose();
      void this.#tryAgain(opened);
    });
  }

  /** The first message of a socket. */
  #greet(): void {
    if (this.#token !== null) this.#raw({ type: "resume", token: this.#token, received: this.#received });
    else if (this.#arrival !== null) this.#raw(this.#arrival);
    else {
      this.#events.lobby();
      return;
    }
    this.#answered?.();
    this.#answered = this.#outside.later(PLACED_WITHIN_MS, () => {
      this.#giveUp();
    });
  }

  /** Looks again when the next beat is overdue. The browser itself notices a dead wire only after minutes. */
  #watch(after: number): void {
    this.#unwatch?.();
    this.#unwatch = this.#outside.later(after, () => {
      const left = this.#heardAt + SILENT_MS - this.#outside.now();
      if (left > 0) this.#watch(left);
      else this.#giveUp();
    });
  }

  /** This socket will not do any more, and the next one may not do better: with a pause. */
  #giveUp(): void {
    this.#lose();
    void this.#tryAgain(true);
  }

  #forgetTimers(): void {
    this.#unwatch?.();
    this.#answered?.();
    this.#unwatch = null;
    this.#answered = null;
  }

  #receive(text: string): void {
    this.#heardAt = this.#outside.now();
    const envelope = read(text);
    if (envelope === null) return;
    const { seq, message } = envelope;
    if (message.type === "beat") return;
    if (message.type === "placed") this.#place(seq, message.resume);
    else if (seq > 0) {
      if (seq <= this.#received) return;
      if (seq !== this.#received + 1) {
        // Something is missing: a resume brings it.
        this.reconnect();
        return;
      }
      this.#received = seq;
    }
    if (message.type === "resumed") this.#settle();
    if (message.type === "taken") this.#receipt(message.receipt);
    if (message.type === "refused" && message.code === "cant_resume") {
      this.#token = null;
      this.#answered?.();
      this.#events.needsArrival();
      return;
    }
    this.#events.message(message);
    if (this.#received - this.#acknowledged >= ACKNOWLEDGE_EVERY) {
      this.#acknowledged = this.#received;
      this.#raw({ type: "acknowledge", received: this.#received });
    }
  }

  #place(seq: number, token: string): void {
    this.#token = token;
    this.#received = seq;
    this.#acknowledged = seq;
    this.#arrival = null;
    this.#settle();
  }

  /** The place is ours: what waited goes out, what may have been lost goes out again. */
  #settle(): void {
    this.#answered?.();
    this.#answered = null;
    this.#failures = 0;
    this.#placed = true;
    this.#events.online(true);
    const due = [...this.#stillInDoubt(), ...this.#queue];
    this.#inDoubt = [];
    this.#queue = [];
    for (const sent of due) this.#write(sent);
  }

  #write(sent: Sent): void {
    if (sent.how === "repeat" || sent.how === "ahead") this.#inDoubt = [...this.#stillInDoubt(), sent];
    this.#raw(sent.message);
  }

  #stillInDoubt(): Sent[] {
    const since = this.#outside.now() - IN_DOUBT_MS;
    return this.#inDoubt.filter(({ at, message }) => at >= since || receiptOf(message) !== null);
  }

  #receipt(receipt: number): void {
    this.#inDoubt = this.#inDoubt.filter(({ message }) => receiptOf(message) !== receipt);
  }

  #raw(message: ClientMessage): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }

  #lose(): void {
    this.#forgetTimers();
    const socket = this.#socket;
    this.#socket = null;
    this.#placed = false;
    socket?.close();
    this.#events.online(false);
  }

  async #tryAgain(opened: boolean): Promise<void> {
    const verdict = opened ? "try_again" : await this.#outside.ask();
    if (this.#closed || this.#socket !== null) return;
    if (verdict !== "try_again") {
      this.#closed = true;
      this.#events.over(verdict);
      return;
    }
    const wait = backoff(this.#failures, this.#outside.random());
    this.#failures += 1;
    this.#events.failing(this.#failures);
    this.#retry = this.#outside.later(wait, () => {
      this.#retry = null;
      this.open();
    });
  }
}

function receiptOf(message: ClientMessage): number | null {
  return message.type === "application" ? message.receipt : null;
}

/** Null for what is no envelope: a server of ours never sends that. */
function read(text: string): Envelope | null {
  try {
    const envelope = JSON.parse(text) as Partial<Envelope> | null;
    const named = typeof envelope?.seq === "number" && typeof envelope.message?.type === "string";
    return named ? (envelope as Envelope) : null;
  } catch {
    return null;
  }
}
