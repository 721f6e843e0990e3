import type { ComponentChildren } from "preact";
import { linkTo } from "../state/url.ts";

interface NamedSong {
  readonly songId: string;
  readonly title?: string | undefined;
  readonly artist?: string | undefined;
}

/** Title, artist and id of a song, as text. */
export function SongName({ song, link = true }: { song: NamedSong; link?: boolean }) {
  const title = song.title ?? song.songId;
  const second = song.title === undefined ? song.artist : [song.artist, song.songId].filter(Boolean).join(" · ");
  return (
    <span class="name">
      {link ? (
        <a class="title" href={linkTo("song", [["id", song.songId]])} dir="auto" title={title}>
          {title}
        </a>
      ) : (
        <span class="title" dir="auto" title={title}>
          {title}
        </span>
      )}
      {second && (
        <span class="artist" dir="auto" title={second}>
          {second}
        </span>
      )}
    </span>
  );
}

/** A line of a list of songs. */
export function SongRow({ song, rank, children }: { song: NamedSong; rank?: number; children?: ComponentChildren }) {
  return (
    <div class="song">
      <span class="rank muted small number">{rank}</span>
      <SongName song={song} />
      <span class="row">{children}</span>
    </div>
  );
}

/** A horizontal bar. @param share 0 to 1 */
export function Bar({ share, label }: { share: number; label?: string }) {
  const width = `${Math.round(1000 * Math.min(1, Math.max(0, share))) / 10}%`;
  return (
    <span class="bar" role={label === undefined ? undefined : "img"} aria-label={label}>
      <span style={{ width }} />
    </span>
  );
}
