import UPlot from "uplot";
import { number } from "../texts/texts.ts";
import "uplot/dist/uPlot.min.css";

export interface Series {
  readonly label: string;
  /** Token of the colour */
  readonly colour: string;
  /** One value for each x; null: a gap */
  readonly values: readonly (number | null)[];
}

/** Draws curves, the first with the scale on the left, the second with the one on the right. */
export function plot(host: HTMLElement, xLabel: string, x: readonly number[], series: readonly Series[]): UPlot {
  const small = getComputedStyle(host).fontFamily;
  const colour = (token: string) => () => {
    host.style.color = `var(${token})`;
    const { color } = getComputedStyle(host);
    host.style.color = "";
    return color;
  };
  const axis = {
    font: `12px ${small}`,
    stroke: colour("--text-muted"),
    grid: { stroke: colour("--border"), width: 1 },
    ticks: { show: false },
  };
  const scaleOf = (i: number) => (i === 0 ? "left" : "right");
  return new UPlot(
    {
      width: host.clientWidth,
      height: 240,
      scales: { x: { time: false } },
      axes: [
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
        ...series.map((_, i) => ({
          ...axis,
          scale: scaleOf(i),
          side: i === 0 ? (3 as const) : (1 as const),
          size: 60,
          values: (_: UPlot, ticks: number[]) => ticks.map((value) => number(value, 5)),
          grid: { ...axis.grid, show: i === 0 },
        })),
      ],
      series: [
        { label: xLabel },
        ...series.map(({ label, colour: token }, i) => ({
          label,
          scale: scaleOf(i),
          stroke: colour(token),
          width: 2,
          value: (_: UPlot, value: number | null) => (value === null ? "–" : number(value, 4)),
          points: { show: x.length < 30 },
        })),
      ],
      cursor: { drag: { x: false, y: false } },
    },
    [[...x], ...series.map(({ values }) => [...values])],
    host,
  );
}
