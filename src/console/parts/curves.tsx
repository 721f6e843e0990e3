import { useEffect, useRef } from "preact/hooks";
import { number, t } from "../texts/texts.ts";
import "./curves.css";

interface EpochFigures {
  readonly epoch: number;
  readonly loss: number;
  /** NDCG@10 of held-out plays; null: none are held out */
  readonly validation: number | null;
}

/** Loss and validation by epoch: as curves, and as a table. */
export function Curves({ epochs }: { epochs: readonly EpochFigures[] }) {
  const host = useRef<HTMLDivElement>(null);
  const hasValidation = epochs.some(({ validation }) => validation !== null);
  const content = JSON.stringify(epochs.map(({ loss, validation }) => [loss, validation]));
  useEffect(() => {
    const element = host.current;
    if (!element || epochs.length < 2) return;
    const gone = new AbortController();
    void import("./plot.ts").then(({ plot }) => {
      if (gone.signal.aborted) return;
      element.replaceChildren();
      const chart = plot(
        element,
        t("models.epoch"),
        epochs.map(({ epoch }) => epoch),
        [
          { label: t("models.loss"), colour: "--accent", values: epochs.map(({ loss }) => loss) },
          ...(hasValidation
            ? [{ label: t("models.validation"), colour: "--good", values: epochs.map(({ validation }) => validation) }]
            : []),
        ],
      );
      const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: 240 }));
      resize.observe(element);
      const scheme = window.matchMedia("(prefers-color-scheme: dark)");
      scheme.addEventListener("change", () => chart.redraw(), { signal: gone.signal });
      gone.signal.addEventListener("abort", () => {
        resize.disconnect();
        chart.destroy();
      });
    });
    return () => gone.abort();
  }, [content]);
  const last = epochs.at(-1);
  return (
    <figure class="stack tight">
      {epochs.length > 1 && (
        <div
          ref={host}
          class="curves"
          role="img"
          aria-label={t("models.curvesWords", {
            count: epochs.length,
            first: number(epochs[0]?.loss ?? 0, 3),
            last: number(last?.loss ?? 0, 3),
          })}
        />
      )}
      <details open={epochs.length === 1}>
        <summary>{t("models.curvesTable")}</summary>
        <div class="scroll curves-table" tabIndex={0} role="region" aria-label={t("models.curvesTable")}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t("models.epoch")}</th>
                <th scope="col" class="number">
                  {t("models.loss")}
                </th>
                {hasValidation && (
                  <th scope="col" class="number">
                    {t("models.validation")}
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {epochs.map(({ epoch, loss, validation }) => (
                <tr key={epoch}>
                  <th scope="row">{epoch}</th>
                  <td class="number">{number(loss, 4)}</td>
                  {hasValidation && <td class="number">{validation === null ? "–" : number(validation, 4)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
