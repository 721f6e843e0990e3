import { MultiBar, Presets, type SingleBar } from "cli-progress";
import type { TrainingDisplay } from "../service/training.ts";
import type { TrainingEvent } from "../training/pipeline/events.ts";
import { describeValidation } from "../training/pipeline/narrate.ts";

/** The last line of a terminal: a progress bar with the lines of the program above it. */
export interface ProgressBar {
  /** Shows the bar if it is not shown yet. @param share of the work that is done, 0 to 1 */
  update(share: number, text: string): void;
  /** Writes whole lines above the bar. */
  write(lines: string): void;
  /** Removes the bar. */
  stop(): void;
}

/** Columns of a bar line that are not bar: the label, the percentage, and an epoch with its loss and the time left. */
const textColumns = 64;

/** @returns without a terminal one that writes lines only */
export function createProgressBar(stream: NodeJS.WriteStream, label: string): ProgressBar {
  let bars: MultiBar | undefined;
  let bar: SingleBar | undefined;

  function start(): void {
    const barsize = Math.max(5, Math.min(40, stream.columns - textColumns));
    const format = `${label} {bar} {percentage} % | {text}`;
    bars = new MultiBar(
      { stream, format, barsize, linewrap: true, clearOnComplete: true, gracefulExit: false },
      Presets.shades_classic,
    );
    bar = bars.create(1, 0, { text: "" });
  }

  return {
    update(share, text) {
      if (!stream.isTTY) return;
      if (!bars) start();
      bar?.update(share, { text });
    },
    write(lines) {
      if (bars) bars.log(lines);
      else stream.write(lines);
    },
    stop() {
      bars?.update(); // writes the lines that wait for the next frame
      bars?.stop();
      bars = undefined;
    },
  };
}

/** Shows a training in a progress bar: epoch, loss, and the time left. */
export function displayTraining(
  bar: ProgressBar,
  epochs: number,
  clock: () => number = () => performance.now(),
): TrainingDisplay {
  let started = 0;
  let figures = `epoch 0/${epochs}`;

  function update(share: number): void {
    const seconds = Math.ceil(((clock() - started) / 1000) * (1 / share - 1));
    bar.update(share, `${figures} | ${share > 0 ? `${seconds} s left` : "…"}`);
  }

  function onEvent(event: TrainingEvent): void {
    switch (event.type) {
      case "kernel":
        started = clock();
        update(0);
        break;
      case "progress":
        update(event.songsDone / event.songsInAll);
        break;
      case "epoch":
        figures = `epoch ${event.epoch}/${epochs} | loss ${event.loss.toFixed(4)}${describeValidation(event.validation)}`;
        update(event.epoch / epochs);
        break;
      case "evaluating":
      case "writing":
        bar.stop();
        break;
      default:
    }
  }
  return { onEvent, stop: () => bar.stop() };
}
