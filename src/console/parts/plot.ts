import UPlot from "uplot";
import { number } from "../texts/texts.ts";
import "uplot/dist/uPlot.min.css";

/**
 * Draws a curve over epochs, in the colours and the font of its element: `color` for the axes, `border-color` for the
 * grid, `caret-color` for the curve.
 * @param epochs number of epochs in all
 * @param onHover index of the epoch under the pointer
 */
export function createPlot(
  element: HTMLElement,
  epochs: number,
  onHover: (index: number | null | undefined) => void,
): { set(values: readonly number[]): void; destroy(): void } {
  const colour = (name: "color" | "borderTopColor" | "caretColor") => () => getComputedStyle(element)[name];
  const { fontFamily } = getComputedStyle(element);
  const axis = {
    stroke: colour("color"),
    font: `12px ${fontFamily}`,
    grid: { stroke: colour("borderTopColor"), width: 1 },
    ticks: { show: false },
  };
  const plot = new UPlot(
    {
      width: element.clientWidth,
      height: element.clientHeight,
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false } },
      scales: { x: { time: false, range: [1, Math.max(2, epochs)] } },
      axes: [
        { ...axis, size: 28, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], grid: { show: false } },
        { ...axis, size: 56, space: 32, values: (_, splits) => splits.map((value) => number(value, 4)) },
      ],
      series: [{}, { stroke: colour("caretColor"), width: 2, points: { size: 5, fill: colour("caretColor") } }],
      hooks: { setCursor: [({ cursor }) => onHover(cursor.idx)] },
    },
    [[], []],
    element,
  );
  const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: element.clientHeight }));
  observer.observe(element);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const redraw = () => plot.redraw();
  scheme.addEventListener("change", redraw);
  return {
    set: (values) => plot.setData([values.map((_, i) => i + 1), [...values]]),
    destroy() {
      observer.disconnect();
      scheme.removeEventListener("change", redraw);
      plot.destroy();
    },
  };
}
