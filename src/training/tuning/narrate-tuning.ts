import type { Overrides } from "../../word2vec/hyperparameters.ts";
import { count, narrate } from "../pipeline/narrate.ts";
import type { Trial, TuningEvent } from "./tuning.ts";

const columns = ["trial", "plays", "epochs", "seconds", "NDCG@10", "± SE", "vectors", "gain", "± SE"] as const;
const width = 9;

/** Describes an event of a tuning in lines of text: the rows of a table, round by round. */
export function narrateTuning(event: TuningEvent): string[] {
  switch (event.type) {
    case "corpus":
      return narrate(event);
    case "round":
      return [
        `round: ${event.share === 1 ? "all playlists" : `${(100 * event.share).toFixed(0)} % of the playlists`}, ` +
          `${count(event.plays)} plays, ${count(event.heldOutPlaylists)} held-out playlists, ${event.secondsLeft} s left`,
        row(columns, "differs from the preset in"),
      ];
    case "trial":
      return [describeTrial(event.trial)];
    case "tooLong":
      return [`trial ${event.trial} skipped: it would take ${event.seconds} s`];
  }
}

function describeTrial({
  trial,
  overrides,
  plays,
  epochs,
  seconds,
  figure,
  standardError,
  context,
  gain,
  gainError,
  problem,
}: Trial): string {
  const digits = (value: number | null) => (value === null ? "–" : value.toFixed(4));
  const cells = [
    trial,
    count(plays),
    epochs,
    seconds.toFixed(1),
    digits(figure),
    digits(standardError),
    digits(context),
    trial === 1 ? "" : digits(gain),
    trial === 1 ? "" : digits(gainError),
  ];
  return row(cells.map(String), problem ?? describeSettings(overrides));
}

/** As options of the commands. */
function describeSettings(overrides: Overrides): string {
  return optionsOf(overrides).join(" ") || "(the preset)";
}

/** Settings as options of a command line. */
export function optionsOf(overrides: Overrides): string[] {
  return Object.entries(overrides).map(([name, value]) => {
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return typeof value === "boolean" ? `--${value ? "" : "no-"}${flag}` : `--${flag} ${String(value)}`;
  });
}

function row(cells: readonly string[], last: string): string {
  return [...cells.map((cell) => cell.padStart(width)), ` ${last}`].join(" ").trimEnd();
}
