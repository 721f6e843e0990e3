import { useId } from "preact/hooks";
import type { ApiError } from "../../api/client.ts";
import type { Hyperparameters } from "../../api/schema.ts";
import { t } from "../../texts/texts.ts";
import { type Changes, type Name, toField } from "./hyperparameters.ts";

interface FieldProps {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly problem: string | undefined;
}

export function Field({ label, hint, value, set, problem }: FieldProps & { set: (text: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <label class="field">
        <span class="label">{label}</span>
        <input
          class="input"
          type="text"
          inputMode="decimal"
          autocomplete="off"
          value={value}
          aria-describedby={id}
          aria-invalid={problem !== undefined}
          onInput={(event) => set(event.currentTarget.value)}
        />
      </label>
      <Hint id={id} hint={hint} problem={problem} />
    </div>
  );
}

interface SelectProps extends FieldProps {
  readonly choices: readonly (readonly [value: string, label: string])[];
  readonly onChange: (value: string) => void;
}

export function Select({ label, hint, value, choices, onChange, problem }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label class="field">
        <span class="label">{label}</span>
        <select
          class="input"
          value={value}
          aria-describedby={id}
          aria-invalid={problem !== undefined}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {choices.map(([choice, text]) => (
            <option key={choice} value={choice}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <Hint id={id} hint={hint} problem={problem} />
    </div>
  );
}

function Hint({ id, hint, problem }: { id: string; hint: string; problem: string | undefined }) {
  return (
    <span class="hint" id={id}>
      {hint}
      {problem !== undefined && (
        <strong class="field-problem">{t("training.fieldProblem", { message: problem })}</strong>
      )}
    </span>
  );
}

/** What the service refused, by the path of the field. @param fieldOfCode fields of errors that name none */
export function problemsOf(
  error: ApiError | undefined,
  fieldOfCode: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  if (!error) return {};
  const { errors = [], code, detail = code } = error.problem;
  const field = fieldOfCode[code];
  return {
    ...(field !== undefined && { [field]: detail }),
    ...Object.fromEntries(errors.map(({ path, message }) => [path, message])),
  };
}

/** The changes to a preset that a link carries. */
export function readWith(query: URLSearchParams, preset: Hyperparameters): Changes {
  try {
    const given: unknown = JSON.parse(query.get("with") ?? "{}");
    const names = Object.keys(preset) as Name[];
    const values = Object(given) as Partial<Hyperparameters>;
    const changed = names.filter((name) => values[name] !== undefined && values[name] !== preset[name]);
    return Object.fromEntries(changed.map((name) => [name, toField(values[name] ?? null)]));
  } catch {
    return {}; // a link that was cut off
  }
}
