import { useState } from "preact/hooks";
import { useKey } from "../api/session.ts";
import { watchStatus } from "../state/status.ts";
import { t } from "../texts/texts.ts";

/** Asks for the API key. It is kept until the tab is closed. */
export function KeyForm({ isWrong }: { isWrong: boolean }) {
  const [key, setKey] = useState("");
  return (
    <form
      class="panel stack key-form"
      onSubmit={(event) => {
        event.preventDefault();
        useKey(key.trim());
        void watchStatus();
      }}
    >
      <h1>{t("key.title")}</h1>
      <p class="muted">{t("key.why")}</p>
      <label class="field">
        <span class="label">{t("key.label")}</span>
        <input
          class="input"
          type="password"
          autocomplete="off"
          autofocus
          value={key}
          aria-invalid={isWrong}
          aria-describedby="key-problem"
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <p id="key-problem" class="small" role="alert">
        {isWrong ? t("key.wrong") : ""}
      </p>
      <div class="row">
        <button class="button primary" disabled={key.trim() === ""}>
          {t("key.use")}
        </button>
      </div>
    </form>
  );
}
