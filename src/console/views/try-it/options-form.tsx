import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { ModelVersion } from "../../api/schema.ts";
import { status } from "../../state/status.ts";
import { number, t } from "../../texts/texts.ts";
import { Filters } from "./filters.tsx";
import { type Options, strategies } from "./state.ts";

interface Props {
  readonly options: Options;
  readonly set: (change: Partial<Options>) => void;
  readonly models: readonly ModelVersion[];
  readonly isGroup: boolean;
}

/** Every option of recommendations as a control, with its meaning. */
export function OptionsForm({ options, set, models, isGroup }: Props) {
  const active = status.value?.model?.version;
  const usable = models.filter(({ problem }) => problem === null).map(({ version }) => version);
  const versions = [...new Set([...(options.model === null ? [] : [options.model]), ...usable])];
  return (
    <div class="stack">
      <Select
        label={t("try.strategy")}
        hint={t(`try.strategyHint.${options.strategy}`)}
        value={options.strategy}
        choices={strategies.map((name) => [name, t(`try.strategy.${name}`)])}
        onChange={(strategy) => set({ strategy })}
      />
      <Select
        label={t("try.model")}
        value={String(options.model ?? "")}
        choices={[
          ["", t("try.modelActive", { version: active ?? "–" })],
          ...versions
            .filter((version) => version !== active || version === options.model)
            .map((version): [string, string] => [String(version), t("model.version", { version })]),
        ]}
        onChange={(model) => set({ model: Number(model) || null })}
      />
      {isGroup && (
        <Select
          label={t("try.aggregation")}
          value={options.aggregation}
          choices={(["mean", "leastMisery"] as const).map((name) => [name, t(`try.aggregation.${name}`)])}
          onChange={(aggregation) => set({ aggregation })}
        />
      )}
      <Check
        label={t("try.repeats")}
        hint={t("try.repeatsHint")}
        checked={options.repeats}
        onChange={(repeats) => set({ repeats })}
      />
      <Check
        label={t("try.versions")}
        hint={t("try.versionsHint")}
        checked={options.oneVersion}
        onChange={(oneVersion) => set({ oneVersion })}
      />
      <Slider
        label={t("try.diversity")}
        hint={t("try.diversityHint")}
        min={0}
        value={options.diversity}
        onChange={(diversity) => set({ diversity })}
      />
      <Slider
        label={t("try.popularity")}
        hint={t("try.popularityHint")}
        min={-1}
        value={options.popularity}
        onChange={(popularity) => set({ popularity })}
      />
      <Labelled label={t("try.maxPerArtist")} hint={t("try.maxPerArtistHint")}>
        {(ids) => (
          <input
            {...ids}
            class="input"
            type="number"
            min={1}
            max={1000}
            value={options.maxPerArtist ?? ""}
            onChange={(event) => set({ maxPerArtist: Math.trunc(Number(event.currentTarget.value)) || null })}
          />
        )}
      </Labelled>
      <Filters filter={options.filter} set={(filter) => set({ filter })} />
    </div>
  );
}

interface Ids {
  readonly id: string;
  readonly "aria-describedby": string;
}

function Labelled(props: { label: string; hint?: string | undefined; children: (ids: Ids) => ComponentChildren }) {
  const id = useId();
  return (
    <div class="field">
      <label class="label" for={id}>
        {props.label}
      </label>
      {props.children({ id, "aria-describedby": `${id}-hint` })}
      <span class="hint" id={`${id}-hint`}>
        {props.hint}
      </span>
    </div>
  );
}

function Select<T extends string>(props: {
  label: string;
  hint?: string;
  value: T;
  choices: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  return (
    <Labelled label={props.label} hint={props.hint}>
      {(ids) => (
        <select
          {...ids}
          class="input"
          value={props.value}
          onChange={(event) => props.onChange(event.currentTarget.value as T)}
        >
          {props.choices.map(([value, text]) => (
            <option key={value} value={value} selected={value === props.value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function Check(props: { label: string; hint: string; checked: boolean; onChange: (checked: boolean) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label class="check">
        <input
          type="checkbox"
          checked={props.checked}
          aria-describedby={id}
          onChange={(event) => props.onChange(event.currentTarget.checked)}
        />
        <span class="label">{props.label}</span>
      </label>
      <span class="hint" id={id}>
        {props.hint}
      </span>
    </div>
  );
}

function Slider(props: { label: string; hint: string; min: number; value: number; onChange: (value: number) => void }) {
  const [moving, setMoving] = useState<number | null>(null);
  const shown = moving ?? props.value;
  return (
    <Labelled label={`${props.label}: ${number(shown)}`} hint={props.hint}>
      {(ids) => (
        <input
          {...ids}
          type="range"
          min={props.min}
          max={1}
          step={0.1}
          value={shown}
          onInput={(event) => setMoving(Number(event.currentTarget.value))}
          onChange={(event) => {
            setMoving(null);
            props.onChange(Number(event.currentTarget.value));
          }}
        />
      )}
    </Labelled>
  );
}
