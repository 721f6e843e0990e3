import { SingleBar } from 'cli-progress';
import type { TrainingEvent } from '../training/pipeline.ts';
import { slownessOf } from '../word2vec/kernel/kernel.ts';

/** Shows how a training goes: a bar on a terminal, plain lines elsewhere. */
export function showProgress(stream: NodeJS.WriteStream, epochs: number, clock: () => number = () => performance.now()): (event: TrainingEvent) => void {
  const bar = stream.isTTY ? new SingleBar({ stream, format: 'training {bar} {percentage}% | epoch {epoch}/{epochs} | loss {loss}{validation} | {left} left', hideCursor: true }) : undefined;
  let started = 0;
  let loss = '–';
  let validation = '';
  let epoch = 0;
  let left = '…';
  const line = (text: string) => stream.write(`${text}\n`);

  return (event) => {
    switch (event.type) {
      case 'corpus': {
        for (const text of describeReport(event.report)) line(text);
        break;
      }
      case 'warmStart': {
        line(`starting from version ${event.version}, which knows ${event.known.toLocaleString('en')} of these ${event.songs.toLocaleString('en')} songs`);
        break;
      }
      case 'memory': {
        line(`this will take ${event.predictedMB.toLocaleString('en')} MB of memory`);
        break;
      }
      case 'kernel': {
        for (const { variant, reason } of event.refused) line(`kernel ${variant} is not used: ${reason}`);
        const slowness = slownessOf(event.kernel);
        line(`training with the ${event.kernel} kernel${slowness ? `, ${slowness}` : ''}`);
        started = clock();
        bar?.start(1, 0, { epoch, epochs, loss, validation, left });
        break;
      }
      case 'progress': {
        const share = event.songsDone / event.songsInAll;
        if (share > 0) left = `${Math.ceil(((clock() - started) / 1000) * (1 / share - 1))} s`;
        bar?.update(share, { epoch, epochs, loss, validation, left });
        break;
      }
      case 'epoch': {
        ({ epoch } = event);
        loss = event.loss.toFixed(4);
        validation = event.validation === null ? '' : `  NDCG@10 ${event.validation.toFixed(4)}`;
        const seconds = ((clock() - started) / 1000) * (epochs / epoch - 1);
        if (bar) bar.update(epoch / epochs, { epoch, epochs, loss, validation, left: `${Math.ceil(seconds)} s` });
        else line(`epoch ${epoch}/${epochs}  loss ${loss}${validation}  ${Math.round(event.songsPerSecond).toLocaleString('en')} songs/s  ${Math.ceil(seconds)} s left`);
        break;
      }
      case 'writing':
        bar?.stop();
        break;
      case 'failed':
        bar?.stop();
        break;
      default:
    }
  };
}

type Report = Extract<TrainingEvent, { type: 'corpus' }>['report'];

function describeReport({ files, rows, dropped, playlists, songs, plays, seconds }: Report): string[] {
  const count = (value: number) => value.toLocaleString('en');
  return [
    `read ${count(rows)} rows of ${files.join(', ')} in ${seconds.toFixed(1)} s`,
    ...dropped.map(({ reason, detail, count: rowsDropped, lines }) =>
      `dropped ${count(rowsDropped)} rows, ${reason === 'missingSong' ? 'song missing' : `malformed (${detail ?? 'broken'})`}: first at ${lines.map(({ file, line }) => `${file}:${line}`).join(', ')}`),
    `kept ${count(playlists.kept)} playlists, left out ${count(playlists.leftOut)} that are too short`,
    ...(songs.beyondMaxVocabulary > 0 ? [`left out ${count(songs.beyondMaxVocabulary)} songs with ${count(plays.beyondMaxVocabulary)} plays that are beyond maxVocabulary`] : []),
    `kept ${count(songs.kept)} songs with ${count(plays.kept)} plays; ${count(songs.belowMinCount)} songs with ${count(plays.belowMinCount)} plays are below minCount`,
  ];
}
