import { render } from "preact";
import { effect } from "@preact/signals";
import { apiKey } from "./lib/api";
import { describeServer } from "./model/store";
import { App } from "./views/App";

const root = document.getElementById("app");
if (root) render(<App />, root);
effect(() => {
  void apiKey.value; // another key may be allowed more
  void describeServer();
});
