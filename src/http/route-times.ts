import { Histogram, type HistogramConfiguration } from "prom-client";

/**
 * A histogram of seconds by route, as prom-client's, which looks its labels up anew for every value: that takes longer than many
 * an answer does.
 */
export class RouteTimes extends Histogram<"route"> {
  readonly #bounds: readonly number[];
  readonly #name: string;
  readonly #help: string;
  readonly #routes = new Map<string, { readonly counts: Float64Array; sum: number }>();

  constructor({
    buckets,
    ...configuration
  }: Omit<HistogramConfiguration<"route">, "labelNames"> & { readonly buckets: number[] }) {
    super({ ...configuration, buckets, labelNames: ["route"] });
    this.#bounds = buckets;
    this.#name = configuration.name;
    this.#help = configuration.help;
  }

  record(route: string, seconds: number): void {
    let times = this.#routes.get(route);
    if (!times) this.#routes.set(route, (times = { counts: new Float64Array(this.#bounds.length + 1), sum: 0 }));
    const found = this.#bounds.findIndex((bound) => seconds <= bound);
    const at = found < 0 ? this.#bounds.length : found;
    times.counts[at] = (times.counts[at] ?? 0) + 1;
    times.sum += seconds;
  }

  /** What the registry asks, for its text and for `get`. */
  async getForPromString(): Promise<object> {
    const values = [...this.#routes].flatMap(([route, { counts, sum }]) => {
      let total = 0;
      const below = Array.from(counts, (count, i) => ({
        labels: { le: this.#bounds[i] ?? "+Inf", route },
        value: (total += count),
        metricName: `${this.#name}_bucket`,
      }));
      return [
        ...below,
        { labels: { route }, value: sum, metricName: `${this.#name}_sum` },
        { labels: { route }, value: total, metricName: `${this.#name}_count` },
      ];
    });
    return { name: this.#name, help: this.#help, type: "histogram", aggregator: "sum", values };
  }
}
