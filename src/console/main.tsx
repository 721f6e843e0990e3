import { render } from "preact";
import { App } from "./app.tsx";
import "./style/tokens.css";
import "./style/base.css";
import "./style/layout.css";
import "./style/parts.css";
import { watchStatus } from "./state/status.ts";
import { loadTexts } from "./texts/texts.ts";

await Promise.all([loadTexts(), watchStatus()]); // what the role may not do is never shown
render(<App />, document.getElementById("app") as HTMLElement);
