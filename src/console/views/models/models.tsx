import { t } from "../../texts/texts.ts";

export function Models() {
  return <h1>{t("nav.models")}</h1>;
}
