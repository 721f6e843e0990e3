import { t } from "../../texts/texts.ts";

export function TryIt() {
  return <h1>{t("try.title")}</h1>;
}
