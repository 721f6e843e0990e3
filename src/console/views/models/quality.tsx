import type { Received } from "../../api/client.ts";
import type { Evaluation as Stored } from "../../api/schema.ts";
import { findText, percent, t } from "../../texts/texts.ts";

type Evaluation = Received<Stored>;

/** The figures of each method on held-out plays. */
export function Quality({ evaluation }: { evaluation: Evaluation | null }) {
  return (
    <section class="panel stack" aria-labelledby="quality">
      <h2 id="quality">{t("models.quality")}</h2>
      {evaluation === null ? (
        <p class="muted">{t("models.noEvaluation")}</p>
      ) : (
        <>
          <p class="hint">{t("models.qualityHint", { count: evaluation.cases })}</p>
          <Methods methods={evaluation.methods} />
          {evaluation.nextSong && <NextSong figures={evaluation.nextSong} />}
        </>
      )}
    </section>
  );
}

export function methodName(method: string): string {
  return findText(`try.strategy.${method}`) ?? findText(`models.method.${method}`) ?? method;
}

function Methods({ methods }: { methods: Evaluation["methods"] }) {
  const most = Math.max(...methods.map(({ ndcg10Interval }) => ndcg10Interval[1] ?? 0), Number.EPSILON);
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="NDCG@10">
      <table class="table quality">
        <thead>
          <tr>
            <th scope="col">{t("try.strategy")}</th>
            <th scope="col" title={t("models.ndcgHint")}>
              NDCG@10
            </th>
            <th scope="col" class="number" title={t("models.hitRateHint")}>
              HR@10
            </th>
            <th scope="col" class="number" title={t("models.recallHint")}>
              Recall@100
            </th>
            <th scope="col" class="number" title={t("models.coverageHint")}>
              {t("models.coverage")}
            </th>
          </tr>
        </thead>
        <tbody>
          {methods.map(
            ({ method, ndcg10, ndcg10Interval: [low = ndcg10, high = ndcg10], hitRate10, recall100, coverage }) => (
              <tr key={method}>
                <th scope="row">{methodName(method)}</th>
                <td>
                  <span class="interval-cell">
                    <Interval value={ndcg10 / most} low={low / most} high={high / most} />
                    <span class="number">{figure(ndcg10)}</span>
                    <span class="muted number">{t("models.interval", { low: figure(low), high: figure(high) })}</span>
                  </span>
                </td>
                <td class="number">{figure(hitRate10)}</td>
                <td class="number">{figure(recall100)}</td>
                <td class="number">{percent(coverage)}</td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

/** A bar with the interval of its value. The parameters are shares of the width. */
function Interval({ value, low, high }: { value: number; low: number; high: number }) {
  const width = (share: number) => `${Math.round(1000 * Math.max(0, share)) / 10}%`;
  return (
    <span class="interval" aria-hidden="true">
      <span class="interval-bar" style={{ width: width(value) }} />
      <span class="interval-range" style={{ left: width(low), width: width(high - low) }} />
    </span>
  );
}

function NextSong({ figures }: { figures: NonNullable<Evaluation["nextSong"]> }) {
  return (
    <div class="stack tight">
      <h3>{t("models.nextSong")}</h3>
      <p class="hint">{t("models.nextSongHint", { count: figures.cases, repeats: percent(figures.repeats, 1) })}</p>
      <div class="scroll" tabIndex={0} role="region" aria-label="P@20">
        <table class="table next-song">
          <thead>
            <tr>
              <th scope="col">{t("models.nextSongRepeats")}</th>
              <th scope="col" class="number">
                P@20
              </th>
              <th scope="col" class="number">
                MRR@20
              </th>
            </tr>
          </thead>
          <tbody>
            {(["exclude", "allow"] as const).map((kind) => (
              <tr key={kind}>
                <th scope="row">{t(`models.repeats.${kind}`)}</th>
                <td class="number">{figure(figures[kind].precision20)}</td>
                <td class="number">{figure(figures[kind].meanReciprocalRank20)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function figure(value: number): string {
  return value.toFixed(3);
}
