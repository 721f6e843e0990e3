import { SingleBar } from "cli-progress";
import { describeValidation, narrate } from "../training/pipeline/narrate.ts";
import type { TrainingDisplay } from "../service/training.ts";
import type { TrainingEvent } from "../training/pipeline/events.ts";

/** A bar on a terminal, plain lines elsewhere. */
export function showProgress(
  stream: NodeJS.WriteStream,
  epochs: number,
  clock: () => number = () => performance.now(),
): TrainingDisplay {
  const bar = stream.isTTY
    ? new SingleBar({
        stream,
        format: "training {bar} {percentage}% | epoch {epoch}/{epochs} | loss {loss}{validation} | {left} left",
        hideCursor: true,
      })
    : undefined;
  let started = 0;
  let loss = "–";
  let validation = "";
  let epoch = 0;
  let left = "…";
  const line = (text: string) => stream.write(`${text}\n`);

  function onEvent(event: TrainingEvent): void {
    switch (event.type) {
      case "kernel": {
        narrate(event).forEach(line);
        started = clock();
        bar?.start(1, 0, { epoch, epochs, loss, validation, left });
        break;
      }
      case "progress": {
        const share = event.songsDone / event.songsInAll;
        if (share > 0) left = `${Math.ceil(((clock() - started) / 1000) * (1 / share - 1))} s`;
        bar?.update(share, { epoch, epochs, loss, validation, left });
        break;
      }
      case "epoch": {
        ({ epoch } = event);
        loss = event.loss.toFixed(4);
        validation = describeValidation(event.validation);
        const seconds = ((clock() - started) / 1000) * (epochs / epoch - 1);
        if (bar) bar.update(epoch / epochs, { epoch, epochs, loss, validation, left: `${Math.ceil(seconds)} s` });
        else
          line(
            `epoch ${epoch}/${epochs}  loss ${loss}${validation}  ${Math.round(event.songsPerSecond).toLocaleString("en")} songs/s  ${Math.ceil(seconds)} s left`,
          );
        break;
      }
      case "evaluating":
        line("fitting recommendations to the plays held out");
        break;
      case "writing":
        bar?.stop();
        break;
      default:
        narrate(event).forEach(line);
    }
  }
  return { onEvent, stop: () => bar?.stop() };
}
