import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import { useAction } from "../state/action.ts";
import { t } from "../texts/texts.ts";
import { Problem } from "./states.tsx";

/** A button that asks before it acts. The focus returns to it when the dialog closes. */
export function Confirm({
  label,
  title,
  look = "",
  keep = t("cancel"),
  act,
  onDone,
  children,
}: {
  label: string;
  /** The question */
  title: string;
  look?: "primary" | "danger" | "";
  /** Label of the button that does nothing */
  keep?: string;
  act: () => Promise<void>;
  /** Called when it is done and the dialog is closed */
  onDone?: () => void;
  /** What will happen */
  children: ComponentChildren;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const { error, isBusy, run, clear } = useAction();

  const confirm = () =>
    run(async () => {
      await act();
      dialog.current?.close();
      onDone?.();
    });

  return (
    <>
      <button
        class={`button ${look}`}
        type="button"
        onClick={() => {
          clear();
          dialog.current?.showModal();
        }}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={id}>
        <div class="stack">
          <h2 id={id}>{title}</h2>
          {children}
          {error && <Problem error={error} />}
          <div class="row">
            <button
              class={`button ${look || "primary"}`}
              type="button"
              disabled={isBusy}
              onClick={() => void confirm()}
            >
              {label}
            </button>
            <button class="button quiet" type="button" onClick={() => dialog.current?.close()}>
              {keep}
            </button>
          </div>
        </div>
      </dialog>
    </>
  );
}
