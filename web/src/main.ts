// Starts the client.
import { mount } from "svelte";

import App from "./screens/App.svelte";
import "./styles/main.css";

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
mount(App, { target });
