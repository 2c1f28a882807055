// The few objects that live as long as the page: who is signed in, the way to the server, the notes being written.
import { Api } from "../api/client";
import { Requests } from "../api/request";
import { Router } from "../router";
import { Notes } from "./note.svelte";
import { Session } from "./session.svelte";

const requests = new Requests();

export const api = new Api(requests);
export const session = new Session(api);
export const notes = new Notes(api);
export const router = new Router(window);

requests.onSignedOut = () => {
  session.expire();
};
session.onOtherPerson = () => {
  notes.forget();
};
