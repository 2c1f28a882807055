// The few objects that live as long as the page: who is signed in, the way to the server, the notes being written.
import { Api } from "../api/client";
import { Requests } from "../api/request";
import { Router } from "../router";
import { Alerts } from "./alerts/alerts.svelte";
import { FreshFactor } from "./fresh-factor.svelte";
import { Notes } from "./note.svelte";
import { Session } from "./session.svelte";

const requests = new Requests();

export const api = new Api(requests);
export const session = new Session(api);
export const notes = new Notes(api);
export const alerts = new Alerts(api);
export const freshFactor = new FreshFactor(api);
export const router = new Router(window);

requests.onSignedOut = () => {
  session.expire();
};
requests.onFreshFactorNeeded = () => freshFactor.ask();
session.onOtherPerson = () => {
  notes.forget();
  alerts.forget();
};
