import { api, data } from "../../api/client.ts";
import { Meter, progressWords } from "../../parts/progress.tsx";
import { Empty } from "../../parts/states.tsx";
import { mayAdminister } from "../../api/session.ts";
import { status } from "../../state/status.ts";
import { linkTo } from "../../state/url.ts";
import { t } from "../../texts/texts.ts";

/** What to do before there is a model, or songs. */
export function FirstSteps({ onExample }: { onExample: (songs: string[]) => void }) {
  const now = status.value;
  if (now && !now.model && now.training)
    return (
      <Empty title={t("try.firstTraining")}>
        <p>{t("try.firstTrainingHint")}</p>
        <div class="first-training">
          <Meter label={t("try.firstTraining")} progress={now.training} />
        </div>
        <p class="small number">{progressWords(now.training)}</p>
        <a href={linkTo("training")}>{t("nav.training")}</a>
      </Empty>
    );
  if (now && !now.model)
    return (
      <Empty title={t("try.noModel")}>
        <p>{t("try.noModelHint")}</p>
        {mayAdminister.value && <a href={linkTo("training")}>{t("nav.training")}</a>}
      </Empty>
    );
  return (
    <Empty title={t("try.emptyTitle")}>
      <p>{t("try.empty")}</p>
      <button class="button primary" type="button" onClick={() => void example().then(onExample)}>
        {t("try.example")}
      </button>
    </Empty>
  );
}

/** A popular song and songs like it. */
async function example(): Promise<string[]> {
  const popular = await data(
    api.post("/v1/recommendations", { body: { songs: ["?"], limit: 1, fallback: "popular" } }),
  );
  const [first] = popular.items;
  if (!first) return [];
  const { items } = await data(
    api.get("/v1/songs/{songId}/similar", { params: { path: { songId: first.songId }, query: { limit: 2 } } }),
  );
  return [first.songId, ...items.map(({ songId }) => songId)];
}
