import { useId } from "preact/hooks";
import type { Hyperparameters } from "../../api/schema.ts";
import { t } from "../../texts/texts.ts";
import { type Changes, groups, type Limits, type Name, rangeOf, show, toField } from "./hyperparameters.ts";

interface Props {
  /** Values of the preset. */
  readonly preset: Hyperparameters;
  readonly changes: Changes;
  readonly limits: Readonly<Record<Name, Limits>> | undefined;
  /** What the service refused, by name. */
  readonly problems: Readonly<Record<string, string>>;
  readonly set: (name: Name, value: string | boolean) => void;
}

/** Every hyperparameter with its meaning, range and default. */
export function HyperparameterFields({ preset, changes, limits, problems, set }: Props) {
  return (
    <>
      {(Object.keys(groups) as (keyof typeof groups)[]).map((group) => (
        <fieldset key={group} class="stack group">
          <legend>{t(`training.group.${group}`)}</legend>
          {groups[group].map((name) => (
            <Field
              key={name}
              name={name}
              value={changes[name] ?? toField(preset[name])}
              initial={preset[name]}
              limits={limits?.[name] ?? {}}
              problem={problems[`hyperparameters.${name}`]}
              set={(value) => set(name, value)}
            />
          ))}
        </fieldset>
      ))}
    </>
  );
}

interface FieldProps {
  readonly name: Name;
  readonly value: string | boolean;
  readonly initial: Hyperparameters[Name];
  readonly limits: Limits;
  readonly problem: string | undefined;
  readonly set: (value: string | boolean) => void;
}

function Field({ name, value, initial, limits, problem, set }: FieldProps) {
  const id = useId();
  const about = { "aria-describedby": id, "aria-invalid": problem !== undefined };
  const facts = [rangeOf(limits), t("training.default", { value: show(initial) })].filter(Boolean).join(" · ");
  const label = (
    <span class="label">
      {t(`training.hp.${name}`)} <code class="muted">{name}</code>
    </span>
  );
  return (
    <div class="field">
      {typeof value === "boolean" ? (
        <label class="check">
          <input {...about} type="checkbox" checked={value} onChange={(event) => set(event.currentTarget.checked)} />
          {label}
        </label>
      ) : (
        <label class="field">
          {label}
          {limits.enum ? (
            <select {...about} class="input" value={value} onChange={(event) => set(event.currentTarget.value)}>
              {limits.enum.map((choice) => (
                <option key={choice} value={choice}>
                  {choice}
                </option>
              ))}
            </select>
          ) : (
            <input
              {...about}
              class="input"
              type="text"
              inputMode={name === "window" ? undefined : "decimal"}
              autocomplete="off"
              value={value}
              onInput={(event) => set(event.currentTarget.value)}
            />
          )}
        </label>
      )}
      <span class="hint" id={id}>
        {t(`training.hpHint.${name}`)} {facts}
        {problem !== undefined && (
          <strong class="field-problem">{t("training.fieldProblem", { message: problem })}</strong>
        )}
      </span>
    </div>
  );
}
