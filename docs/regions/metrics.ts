import { createMetrics } from "../../src/http/observability/metrics.ts";
import { code, markdownTable, sentence } from "./table.ts";

/** @param own of song2vec and HTTP; otherwise those of the process and of Node.js */
export async function metricsTable(own: boolean): Promise<string> {
  const { registry } = createMetrics({
    version: "",
    activeModel: { current: () => undefined },
    queue: { list: () => [] },
  });
  const all = await registry.getMetricsAsJSON();
  const chosen = all.filter(({ name }) => /^(song2vec|http)_/.test(name) === own);
  return markdownTable(
    ["Metric", "Type", "Labels", "Description"],
    chosen
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, type, help }) => [
        code(name),
        String(type),
        labelsOf(registry.getSingleMetric(name)),
        sentence(help),
      ]),
  );
}

function labelsOf(metric: object | undefined): string {
  const names = metric && "labelNames" in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
  return names.map((name) => code(String(name))).join(", ");
}
