import { useEffect, useRef, useState } from "preact/hooks";
import { api, data } from "../../api/client.ts";
import type { Presets, TrainingRequest } from "../../api/schema.ts";
import { Problem } from "../../parts/states.tsx";
import { useAction } from "../../state/action.ts";
import { useLoad } from "../../state/load.ts";
import { status, watchStatus } from "../../state/status.ts";
import { t } from "../../texts/texts.ts";
import { HyperparameterFields } from "./hyperparameter-fields.tsx";
import { type Changes, loadLimits, type Name, toField, toOverrides } from "./hyperparameters.ts";
import { PresetChoice, presetOf } from "./preset-choice.tsx";
import { Field, problemsOf, readWith, Select } from "./fields.tsx";

/** Codes of refusals that belong to a field. */
const fieldOfCode: Readonly<Record<string, string>> = {
  WARM_START_MISMATCH: "warmStart",
  MODEL_DAMAGED: "warmStart",
  TRAINING_TOO_LARGE: "hyperparameters.vectorSize",
};

interface Props {
  readonly presets: Presets;
  /** Preset and hyperparameters to begin with */
  readonly query: URLSearchParams;
  readonly onStart: (jobId: string) => void;
}

/** Starts a training. */
export function StartForm({ presets, query, onStart }: Props) {
  const [preset, setPreset] = useState(query.get("preset") ?? presetOf(presets));
  const values = (presets.items.find((item) => item.preset === preset) ?? presets.default).hyperparameters;
  const [changes, setChanges] = useState<Changes>(() => readWith(query, values));
  const [activate, setActivate] = useState<NonNullable<TrainingRequest["activate"]>>("ifBetter");
  const [warmStart, setWarmStart] = useState("");
  const [minutes, setMinutes] = useState("");
  const [isOpen, setOpen] = useState(Object.keys(changes).length > 0);
  const { error, isBusy, run } = useAction();
  const limits = useLoad(isOpen ? loadLimits : null, [isOpen]);
  const models = useLoad((signal) => data(api.get("/v1/models", { signal })), [status.value?.model?.version]);
  const problems = problemsOf(error, fieldOfCode);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [error]);

  const start = () =>
    run(
      async () => {
        const job = await data(
          api.post("/v1/training-jobs", {
            params: {},
            body: {
              ...(preset !== "default" && { preset: preset as "tuned" }),
              hyperparameters: toOverrides(changes),
              warmStart: warmStart === "" ? false : Number(warmStart),
              activate,
              ...(minutes.trim() !== "" && { deadlineSeconds: 60 * Number(minutes) }),
            },
          }),
        );
        onStart(job.jobId);
        void watchStatus();
      },
      (problem) => {
        if (Object.keys(problemsOf(problem, fieldOfCode)).some((path) => path.startsWith("hyperparameters")))
          setOpen(true);
      },
    );

  function set(name: Name, value: string | boolean): void {
    const { [name]: _before, ...others } = changes;
    setChanges(value === toField(values[name]) ? others : { ...others, [name]: value });
  }

  const count = Object.keys(changes).length;
  const usable = (models.value?.items ?? []).filter(({ problem }) => problem === null).toReversed();
  return (
    <form
      ref={form}
      class="panel stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <h2>{t("training.start")}</h2>
      <PresetChoice presets={presets} value={preset} onChange={setPreset} />
      <Select
        label={t("training.activate")}
        hint={t(`training.activateHint.${activate}`)}
        value={activate}
        choices={(["ifBetter", "always", "never"] as const).map((name) => [name, t(`training.activate.${name}`)])}
        onChange={(name) => setActivate(name as typeof activate)}
        problem={problems["activate"]}
      />
      <Select
        label={t("training.warmStart")}
        hint={t("training.warmStartHint")}
        value={warmStart}
        choices={[
          ["", t("training.warmStart.random")],
          ...usable.map(({ version }): [string, string] => [String(version), t("model.version", { version })]),
        ]}
        onChange={setWarmStart}
        problem={problems["warmStart"]}
      />
      <Field
        label={t("training.deadline")}
        hint={t("training.deadlineHint")}
        value={minutes}
        set={setMinutes}
        problem={problems["deadlineSeconds"]}
      />
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          {t("training.hyperparameters")}
          {count > 0 && <span class="badge accent">{t("training.changed", { count })}</span>}
        </summary>
        {isOpen && (
          <div class="stack details">
            {limits.error && <Problem error={limits.error} retry={limits.reload} />}
            {count > 0 && (
              <button class="button quiet" type="button" onClick={() => setChanges({})}>
                {t("training.reset")}
              </button>
            )}
            <HyperparameterFields
              preset={values}
              changes={changes}
              limits={limits.value}
              problems={problems}
              set={set}
            />
          </div>
        )}
      </details>
      {error && <Problem error={error} />}
      <button class="button primary" disabled={isBusy}>
        {t(isBusy ? "training.starting" : "training.startButton")}
      </button>
    </form>
  );
}
