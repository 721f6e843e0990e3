import { api } from "../../api/client.ts";
import type { ModelVersion } from "../../api/schema.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { status, watchStatus } from "../../state/status.ts";
import { t } from "../../texts/texts.ts";
import { trained } from "./trained.ts";

/** The valid version before the active one. @param versions newest first */
export function previousOf(versions: readonly ModelVersion[]): ModelVersion | undefined {
  const active = versions.find((model) => model.active)?.version ?? 0;
  return versions.find(({ version, problem }) => version < active && problem === null);
}

interface Props {
  readonly model: ModelVersion;
  readonly kind: "rollBack" | "activate";
  readonly onDone: () => void;
}

/** Makes a version the one that serves. */
export function Activate({ model: { version, createdAt }, kind, onDone }: Props) {
  const active = status.value?.model?.version;
  return (
    <Confirm
      label={t(`models.${kind}`, { version })}
      title={t(`models.${kind}Title`, { version })}
      act={async () => {
        await api.post("/v1/models/{version}/activate", { params: { path: { version: String(version) } } });
      }}
      onDone={() => {
        void watchStatus();
        onDone();
      }}
    >
      <p>{t("models.activateHint", { version, time: trained(createdAt) })}</p>
      {active !== undefined && <p>{t("models.activateKeeps", { version: active })}</p>}
    </Confirm>
  );
}

/** Deletes a version that is not active. */
export function Delete({ version, onDone }: { version: number; onDone: () => void }) {
  return (
    <Confirm
      label={t("models.delete")}
      title={t("models.deleteTitle", { version })}
      look="danger"
      act={async () => {
        await api.delete("/v1/models/{version}", { params: { path: { version: String(version) } } });
      }}
      onDone={onDone}
    >
      <p>{t("models.deleteHint")}</p>
    </Confirm>
  );
}
