import { IntegerList } from "./integer-list.ts";

/** A row of a listening log, with the number of its song. */
interface Play {
  readonly user: string;
  /** Milliseconds since 1970 */
  readonly time: number;
  readonly song: number;
}

/** Consecutive plays of one user. */
export interface Session {
  /** The user and the time of the first play, which stay the same when later plays are added. */
  readonly id: string;
  /** Song numbers in order of time */
  readonly songs: readonly number[];
}

/** Collects the plays of users in any order: 16 bytes each, and 4 more while they are sorted. */
export class ListeningLog {
  /** Consecutive repeats that `sessions` left out. */
  repeats = 0;
  readonly #userNumbers = new Map<string, number>();
  readonly #users = new IntegerList();
  readonly #songs = new IntegerList();
  #times = new Float64Array(1024);
  readonly #maxGap: number;

  /** @param gapMinutes longest pause within a session */
  constructor(gapMinutes: number) {
    this.#maxGap = gapMinutes * 60_000;
  }

  get plays(): number {
    return this.#songs.length;
  }

  get users(): number {
    return this.#userNumbers.size;
  }

  add({ user, time, song }: Play): void {
    let number = this.#userNumbers.get(user);
    if (number === undefined) this.#userNumbers.set(user, (number = this.#userNumbers.size));
    if (this.plays === this.#times.length)
      this.#times = new Float64Array(this.#times.buffer.transfer(2 * this.#times.byteLength));
    this.#times[this.plays] = time;
    this.#users.push(number);
    this.#songs.push(song);
  }

  /** Cuts the plays of each user where the pause is longer than the gap. A song that repeats itself counts once. */
  *sessions(): Generator<Session> {
    const [songs, times] = [this.#songs.values(), this.#times];
    const { order, starts } = this.#groupByUser();
    for (const [user, number] of this.#userNumbers) {
      const plays = order.subarray(starts[number], starts[number + 1]);
      if (!isAscending(plays, times)) plays.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
      let session: number[] = [];
      let first = 0;
      let last = 0;
      for (const play of plays) {
        const [time, song] = [times[play] as number, songs[play] as number];
        if (session.length > 0 && time - last > this.#maxGap) {
          yield { id: sessionId(user, first), songs: session };
          session = [];
        }
        if (session.length === 0) first = time;
        last = time;
        if (session.at(-1) === song) this.repeats++;
        else session.push(song);
      }
      if (session.length > 0) yield { id: sessionId(user, first), songs: session };
    }
  }

  /** @returns the plays of each user in the order they were added: `order[starts[u]]` to `order[starts[u + 1] - 1]` */
  #groupByUser(): { order: Uint32Array; starts: Uint32Array } {
    const users = this.#users.values();
    const starts = new Uint32Array(this.users + 1);
    for (const user of users) starts[user + 1] = (starts[user + 1] ?? 0) + 1;
    for (let user = 0; user < this.users; user++) starts[user + 1] = (starts[user + 1] ?? 0) + (starts[user] ?? 0);
    const next = starts.slice();
    const order = new Uint32Array(users.length);
    for (const [play, user] of users.entries()) {
      const at = next[user] ?? 0;
      order[at] = play;
      next[user] = at + 1;
    }
    return { order, starts };
  }
}

function sessionId(user: string, time: number): string {
  return `${user} ${Number.isFinite(time) ? new Date(time).toISOString() : time}`;
}

function isAscending(plays: Uint32Array, times: Float64Array): boolean {
  for (let i = 1; i < plays.length; i++)
    if ((times[plays[i] as number] as number) < (times[plays[i - 1] as number] as number)) return false;
  return true;
}
