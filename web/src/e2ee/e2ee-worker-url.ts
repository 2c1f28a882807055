// The built worker's address, which the page's Trusted Types policy compares with: no other script can be a worker.
import url from "./worker/worker.ts?worker&url";

export default url;
