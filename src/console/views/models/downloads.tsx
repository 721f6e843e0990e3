import { useState } from "preact/hooks";
import { download } from "../../api/download.ts";
import { Problem } from "../../parts/states.tsx";
import { useAction } from "../../state/action.ts";
import { t } from "../../texts/texts.ts";

const formats = [
  ["safetensors", "model.safetensors"],
  ["word2vec-text", "vectors.txt"],
  ["word2vec-binary", "vectors.bin"],
  ["word2vec-vocabulary", "vocabulary.txt"],
  ["projector", "vectors.tsv"],
  ["projector-metadata", "metadata.tsv"],
] as const;

/** The version as a file, in each format. */
export function Downloads({ version }: { version: number }) {
  const [latest, setLatest] = useState<string>();
  const { error, isBusy, run } = useAction();
  const save = (format: string, file: string) => {
    setLatest(format);
    return run(() => download(`v1/models/${version}/export?format=${format}`, `model-${version}-${file}`));
  };

  return (
    <details class="panel">
      <summary>{t("models.download")}</summary>
      <ul class="list">
        {formats.map(([format, file]) => (
          <li key={format} class="row spread download">
            <span>
              <code>{format}</code>
              <span class="hint download-hint">{t(`models.format.${format}`)}</span>
            </span>
            <button
              class="button"
              type="button"
              aria-label={`${t("models.download")}: ${format}`}
              disabled={isBusy}
              onClick={() => void save(format, file)}
            >
              {isBusy && latest === format ? t("loading") : t("models.downloadDo")}
            </button>
          </li>
        ))}
      </ul>
      {error && <Problem error={error} />}
    </details>
  );
}
