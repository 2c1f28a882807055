// Which screen an address means, and how one gets from address to address without loading the page again.

export type Route =
  | { name: "sign-in" }
  | { name: "recovery-code" }
  | { name: "activate"; token: string }
  | { name: "visits" }
  | { name: "visit"; id: string }
  | { name: "record"; id: string }
  | { name: "audit" }
  | { name: "alerts" }
  | { name: "settings" }
  | { name: "people" }
  | { name: "policy" }
  | { name: "practice-key" }
  | { name: "outbox" }
  | { name: "about" }
  | { name: "not-found" };

/** Screens that open without an account. */
export const OPEN_TO_ALL: readonly Route["name"][] = ["sign-in", "recovery-code", "activate", "about", "outbox"];

export function routeOf(path: string, hash = ""): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, second, third] = parts;
  if (parts.length === 0) return { name: "visits" };
  if (parts.length === 1) {
    if (first === "activate") return { name: "activate", token: hash.replace(/^#/, "") };
    if (first === "audit" || first === "alerts") return { name: first };
    if (first === "sign-in" || first === "visits" || first === "settings" || first === "about") return { name: first };
    if (first === "people" || first === "policy" || first === "outbox") return { name: first };
    if (first === "practice-key") return { name: first };
  }
  if (first === "sign-in" && second === "recovery-code" && parts.length === 2) return { name: "recovery-code" };
  if (first === "visits" && second !== undefined) {
    if (parts.length === 2) return { name: "visit", id: second };
    if (parts.length === 3 && third === "record") return { name: "record", id: second };
  }
  return { name: "not-found" };
}

/** What the router needs of the browser; tests bring their own. */
export interface Place {
  location: { pathname: string; hash: string; origin: string };
  history: {
    pushState(data: unknown, unused: string, url: string): void;
    replaceState(data: unknown, unused: string, url: string): void;
  };
  addEventListener(type: "popstate", listener: () => void): void;
}

export class Router {
  readonly #place: Place;
  #listener: (route: Route) => void = () => undefined;

  constructor(place: Place) {
    this.#place = place;
    place.addEventListener("popstate", () => this.#listener(this.route));
  }

  get route(): Route {
    return routeOf(this.#place.location.pathname, this.#place.location.hash);
  }

  listen(listener: (route: Route) => void): void {
    this.#listener = listener;
  }

  go(path: string, { replace = false } = {}): void {
    if (replace) this.#place.history.replaceState(null, "", path);
    else this.#place.history.pushState(null, "", path);
    this.#listener(this.route);
  }

  /** Takes a click on one of our own links; leaves every other click to the browser. */
  readonly follow = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const changed = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0;
    if (link === null || changed || event.defaultPrevented) return;
    if (link.origin !== this.#place.location.origin || link.target !== "" || link.hasAttribute("download")) return;
    if (link.hash !== "" && link.pathname === this.#place.location.pathname) return;
    if (link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    this.go(link.pathname + link.hash);
  };
}
