import { useEffect, useRef, useState } from "preact/hooks";
import type { Epoch } from "../api/schema.ts";
import { number, t } from "../texts/texts.ts";
import type { createPlot } from "./plot.ts";
import "./curves.css";

type Figures = Omit<Epoch, "songsPerSecond"> & Partial<Epoch>;

/** Loss and validation by epoch, with a table as text. @param total number of epochs in all */
export function Curves({
  epochs,
  total,
  hasValidation,
}: {
  epochs: readonly Figures[];
  total: number;
  hasValidation: boolean;
}) {
  const validation = epochs.flatMap((epoch) => (epoch.validation === null ? [] : [epoch.validation]));
  const hasSpeed = epochs[0]?.songsPerSecond !== undefined;
  return (
    <div class="stack">
      <div class="columns">
        <Curve
          title={t("training.loss")}
          hint={t("training.lossHint")}
          values={epochs.map(({ loss }) => loss)}
          total={total}
          empty={t("training.curvesSoon")}
        />
        {hasValidation && (
          <Curve
            title={t("training.validation")}
            hint={t("training.validationHint")}
            values={validation}
            total={total}
            empty={t("training.curvesSoon")}
          />
        )}
      </div>
      {!hasValidation && <p class="hint">{t("training.noValidation")}</p>}
      {epochs.length > 0 && (
        <details>
          <summary>{t("training.asTable")}</summary>
          <div class="scroll short" tabIndex={0} role="region" aria-label={t("training.asTable")}>
            <table class="table number">
              <thead>
                <tr>
                  <th scope="col">{t("training.epoch")}</th>
                  <th scope="col">{t("training.loss")}</th>
                  <th scope="col">{t("training.validation")}</th>
                  {hasSpeed && <th scope="col">{t("training.songsPerSecond")}</th>}
                </tr>
              </thead>
              <tbody>
                {epochs.map((epoch) => (
                  <tr key={epoch.epoch}>
                    <td>{number(epoch.epoch)}</td>
                    <td>{number(epoch.loss, 4)}</td>
                    <td>{epoch.validation === null ? "–" : number(epoch.validation, 4)}</td>
                    {hasSpeed && <td>{number(epoch.songsPerSecond ?? 0)}</td>}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </div>
  );
}

interface CurveProps {
  readonly title: string;
  readonly hint: string;
  readonly values: readonly number[];
  readonly total: number;
  readonly empty: string;
}

function Curve({ title, hint, values, total, empty }: CurveProps) {
  const element = useRef<HTMLDivElement>(null);
  const latest = useRef(values);
  const plot = useRef<ReturnType<typeof createPlot> | null>(null);
  const [hovered, setHovered] = useState<number | null | undefined>(null);
  const isEmpty = values.length === 0;
  latest.current = values;

  useEffect(() => {
    if (isEmpty) return;
    let isGone = false;
    void import("./plot.ts").then((module) => {
      if (isGone || !element.current) return;
      plot.current = module.createPlot(element.current, total, setHovered);
      plot.current.set(latest.current);
    });
    return () => {
      isGone = true;
      plot.current?.destroy();
      plot.current = null;
    };
  }, [total, isEmpty]);
  useEffect(() => plot.current?.set(values), [values.length]);

  const at = hovered ?? values.length - 1;
  const value = values[at];
  const shown = value === undefined ? "" : t("training.atEpoch", { epoch: at + 1, value: number(value, 4) });
  return (
    <figure class="stack tight">
      <figcaption>
        <span class="row spread">
          <strong>{title}</strong>
          <span class="small number">{shown}</span>
        </span>
        <span class="hint">{hint}</span>
      </figcaption>
      {isEmpty ? (
        <p class="plot plot-empty hint">{empty}</p>
      ) : (
        <div class="plot" ref={element} role="img" aria-label={`${title}: ${shown}`} />
      )}
    </figure>
  );
}
