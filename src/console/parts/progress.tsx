import { duration, findText, percent, t } from "../texts/texts.ts";

interface Progress {
  readonly phase: string;
  /** Share of the training, 0 to 1. The phases after it have none. */
  readonly share: number;
  readonly etaSeconds: number | null;
}

/** The phase of a job, how much of its training is done, and how long it takes. */
export function progressWords({ phase, share, etaSeconds }: Progress): string {
  const isTraining = share < 1;
  return [
    findText(`training.phase.${phase}`),
    isTraining && percent(share),
    isTraining && etaSeconds !== null && t("training.left", { time: duration(etaSeconds) }),
  ]
    .filter(Boolean)
    .join(" · ");
}

export function Meter({ label, progress }: { label: string; progress: Progress }) {
  const percentage = Math.round(100 * progress.share);
  return (
    <span
      class="meter"
      role="progressbar"
      aria-label={label}
      aria-valuenow={percentage}
      aria-valuetext={progressWords(progress)}
    >
      <span style={{ width: `${percentage}%` }} />
    </span>
  );
}
