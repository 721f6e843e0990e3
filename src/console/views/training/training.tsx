import { t } from "../../texts/texts.ts";

export function Training() {
  return <h1>{t("nav.training")}</h1>;
}
