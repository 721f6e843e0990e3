import { randomBytes } from "node:crypto";

export interface LoggedEvent {
  /** Unique across logs, and ascending within a log. */
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
}

const maxEvents = 1000;

/** The last 1000 events of a job, for any number of readers. */
export class EventLog {
  readonly #name = randomBytes(6).toString("hex");
  readonly #events: LoggedEvent[] = [];
  #next = 1;
  #added = Promise.withResolvers<void>();
  #ended = false;

  add(type: string, data: unknown): void {
    this.#events.push({ id: `${this.#name}-${this.#next++}`, type, data });
    if (this.#events.length > maxEvents) this.#events.shift();
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Position of an event in the log, or of the last one dropped from it; undefined for any other id. */
  positionOf(id: string): number | undefined {
    const [name, number] = id.split("-");
    const position = Number(number);
    return name === this.#name && position >= this.#next - this.#events.length - 1 && position < this.#next
      ? position
      : undefined;
  }

  get position(): number {
    return this.#next - 1;
  }

  get currentId(): string {
    return `${this.#name}-${this.position}`;
  }

  /**
   * Events after a position, as they are added, until the log ends or the signal aborts.
   * @returns undefined in place of events that were dropped before the reader got to them
   */
  async *after(position: number, signal: AbortSignal): AsyncGenerator<LoggedEvent | undefined> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    for (let at = position; !signal.aborted;) {
      const added = this.#added.promise;
      const first = this.#next - this.#events.length;
      if (at + 1 < first) {
        at = this.position;
        yield undefined;
        continue;
      }
      const event = this.#events[at + 1 - first];
      if (event) {
        at++;
        yield event;
      } else if (this.#ended) return;
      else await Promise.race([added, aborted]);
    }
  }

  #wake(): void {
    const { resolve } = this.#added;
    this.#added = Promise.withResolvers();
    resolve();
  }
}
