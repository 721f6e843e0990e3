import { t } from "../../texts/texts.ts";

export function SongView() {
  return <h1>{t("nav.song")}</h1>;
}
