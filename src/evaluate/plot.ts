import type { Evaluation, Method } from "./evaluation.ts";

const colours = ["#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f"];
const [width, height] = [1040, 440];
const panel = { width: 380, height: 320, top: 60, lefts: [60, 500] } as const;
const legendLeft = 900;
const ticks = [1, 2, 3, 5, 10, 20, 30, 50, 100];

type Curve = (point: Method["curve"][number]) => number;

/** Plots hit rate and NDCG over k. @returns a standalone SVG document */
export function plotEvaluation({ cases, methods }: Evaluation, title: string): string {
  const panels: [name: string, left: number, of: Curve][] = [
    ["Hit rate", panel.lefts[0], ({ hitRate }) => hitRate],
    ["NDCG", panel.lefts[1], ({ ndcg }) => ndcg],
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `font-family="system-ui, sans-serif" font-size="12" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(panel.lefts[0], 24, `${title}, ${cases.toLocaleString("en")} playlists`, 'font-size="15" font-weight="bold"'),
    ...panels.flatMap(([name, left, of]) => plotPanel(methods, name, left, of)),
    ...methods.flatMap(({ method }, i) => legendEntry(method, i)),
    "</svg>",
    "",
  ].join("\n");
}

function plotPanel(methods: readonly Method[], name: string, left: number, of: Curve): string[] {
  const top = Math.max(0.001, ...methods.flatMap(({ curve }) => curve.map(of)));
  const step = stepFor(top);
  const maximum = Math.ceil(top / step) * step;
  const x = (k: number) => left + (panel.width * Math.log(k)) / Math.log(100);
  const y = (value: number) => panel.top + panel.height * (1 - value / maximum);
  const bottom = panel.top + panel.height;
  const values = Array.from({ length: Math.round(maximum / step) + 1 }, (_, i) => i * step);
  return [
    text(left + panel.width / 2, panel.top - 14, `${name} of the first k`, 'text-anchor="middle" font-weight="bold"'),
    ...values.flatMap((value) => [
      line(left, y(value), left + panel.width, y(value), "#e4e4e4"),
      text(left - 6, y(value) + 4, value.toFixed(step < 0.01 ? 3 : 2), 'text-anchor="end"'),
    ]),
    ...ticks.flatMap((k) => [
      line(x(k), bottom, x(k), bottom + 4, "#222"),
      text(x(k), bottom + 18, String(k), 'text-anchor="middle"'),
    ]),
    line(left, bottom, left + panel.width, bottom, "#222"),
    text(left + panel.width / 2, bottom + 38, "k: songs recommended (logarithmic)", 'text-anchor="middle"'),
    text(
      left - 44,
      panel.top + panel.height / 2,
      name,
      `text-anchor="middle" transform="rotate(-90 ${left - 44} ${panel.top + panel.height / 2})"`,
    ),
    ...methods.toReversed().map(({ curve }, reversed) => {
      const i = methods.length - 1 - reversed;
      const points = curve.map((point) => `${x(point.k).toFixed(1)},${y(of(point)).toFixed(1)}`).join(" ");
      return `<polyline points="${points}" fill="none" ${strokeOf(i)}/>`;
    }),
  ];
}

function legendEntry(method: string, i: number): string[] {
  const y = panel.top + 12 + 22 * i;
  return [
    `<line x1="${legendLeft}" y1="${y}" x2="${legendLeft + 28}" y2="${y}" ${strokeOf(i)}/>`,
    text(legendLeft + 36, y + 4, method, i === 0 ? 'font-weight="bold"' : ""),
  ];
}

/** The first method is emphasised; baselines are dashed. */
function strokeOf(i: number): string {
  const [colour, strokeWidth] = [colours[i % colours.length], i === 0 ? 3 : 1.6];
  const dashes = i > 4 ? ' stroke-dasharray="5 3"' : "";
  return `stroke="${colour}" stroke-width="${strokeWidth}" stroke-linejoin="round"${dashes}`;
}

/** Returns a round tick distance for four to eight ticks up to `most`. */
function stepFor(maximum: number): number {
  const unit = 10 ** Math.floor(Math.log10(maximum / 4));
  return [1, 2, 5, 10].map((factor) => factor * unit).find((step) => maximum / step <= 8) ?? unit * 10;
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  const [from, to] = [`x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}"`, `x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"`];
  return `<line ${from} ${to} stroke="${colour}"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped}</text>`;
}
