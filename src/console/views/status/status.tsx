import { t } from "../../texts/texts.ts";

export function StatusView() {
  return <h1>{t("nav.status")}</h1>;
}
