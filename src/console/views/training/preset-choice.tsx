import { useId } from "preact/hooks";
import type { Presets } from "../../api/schema.ts";
import { t } from "../../texts/texts.ts";

const order = ["tuned", "article"] as const;

/** What is chosen at first: the preset of the settings, or `default` where settings change its hyperparameters. */
export function presetOf({ default: used, items }: Presets): string {
  const same = items.find(({ preset }) => preset === used.preset);
  return JSON.stringify(same?.hyperparameters) === JSON.stringify(used.hyperparameters) ? used.preset : "default";
}

/** The presets with their meaning. */
export function PresetChoice(props: { presets: Presets; value: string; onChange: (preset: string) => void }) {
  const name = useId();
  const choices = presetOf(props.presets) === "default" ? (["default", ...order] as const) : order;
  return (
    <fieldset class="stack tight group">
      <legend>{t("training.preset")}</legend>
      {choices.map((preset) => (
        <label key={preset} class="check preset">
          <input type="radio" name={name} checked={props.value === preset} onChange={() => props.onChange(preset)} />
          <span>
            <strong>{t(`training.preset.${preset}`)}</strong>
            <span class="hint">{t(`training.presetHint.${preset}`)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
