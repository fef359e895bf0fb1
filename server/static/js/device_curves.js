// The curves of one terminal: a panel a group of quantities, one axis of time under all of them.
// ECharts comes as a plain script (global `echarts`). Its tooltip is drawn on the canvas: the security policy of the
// pages lets no inline style in.

import { colour, isEnglish } from "./map_base.js";

const PANEL = 96;
const BETWEEN = 38;
const TOP = 26;
const BEIJING_MS = 8 * 3600_000; // the axis is drawn as if it were UTC, so that it shows the city's time everywhere
const TONES = ["action", "over", "good", "lead"];
const FONT = getComputedStyle(document.body).fontFamily;
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });

export const timeText = (ms) => clock.format(ms);

/** A number a little above, with two figures that matter: the top of an axis. */
function roundUp(number) {
  const step = 10 ** (Math.floor(Math.log10(Math.abs(number) || 1)) - 1);
  return Math.ceil(number / step) * step;
}

/** Where an axis begins and ends: quantities of one sign from zero, a share up to 100, room for the limit's line. */
function rangeOf(panel, side) {
  if (side || panel.name === "engine" || panel.name === "temperature") return { scale: true };
  const highest = Math.max(...panel.limits.map(({ value }) => value), 0);
  const top = panel.units[0] === "%" ? 100 : undefined;
  return { min: ({ min }) => (min < 0 ? -roundUp(-min) : 0), max: top ?? (({ max }) => roundUp(Math.max(max, highest * 1.05, 0.1))) };
}

const topOf = (n) => TOP + n * (PANEL + BETWEEN);

/** Points of a line; one that stands alone between two breaks gets a mark, or it could not be seen. */
function pointsOf(series, from) {
  const { at, values } = series;
  return at.map((ms, i) => {
    const point = [from + ms + BEIJING_MS, values[i]];
    const alone = values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null;
    return alone ? { value: point, symbol: "circle", symbolSize: 4 } : point;
  });
}

function limitsOf(panel) {
  if (!panel.limits.length) return undefined;
  return {
    silent: true, symbol: "none", animation: false,
    lineStyle: { color: colour("over"), type: "dashed", width: 1.2 },
    label: { position: "insideStartTop", color: colour("over"), fontSize: 11, fontFamily: FONT, backgroundColor: "#ffffffd8", padding: [1, 3] },
    data: panel.limits.map(({ value, label }) => ({
      yAxis: value, label: { formatter: `${label} ${value} ${panel.units[0]}` },
    })),
  };
}

function axesOf(panel, n, last) {
  const label = { color: colour("ink-soft"), fontSize: 11, fontFamily: FONT };
  return {
    x: {
      type: "time", gridIndex: n, axisLine: { onZero: false, lineStyle: { color: colour("line-strong") } },
      axisTick: { show: last }, axisLabel: { show: last, hideOverlap: true, ...label },
      splitLine: { show: true, lineStyle: { color: colour("line") } },
      axisPointer: { show: true, label: { show: last, fontFamily: FONT } },
    },
    y: panel.units.map((unit, side) => ({
      type: "value", gridIndex: n, position: side ? "right" : "left", splitNumber: 3,
      name: side ? unit : `${panel.label}  ${unit}`, nameLocation: "end", nameGap: 7,
      nameTextStyle: { align: side ? "right" : "left", color: colour("ink"), fontSize: 12, fontFamily: FONT, padding: side ? 0 : [0, 0, 0, -44] },
      ...rangeOf(panel, side),
      axisLabel: label, splitLine: { show: !side, lineStyle: { color: colour("line") } },
      axisPointer: { show: false },
    })),
  };
}

function option(data, words) {
  const last = data.panels.length - 1;
  const parts = { grid: [], xAxis: [], yAxis: [], series: [], legend: [] };
  const range = { min: data.from + BEIJING_MS, max: data.to + BEIJING_MS };
  data.panels.forEach((panel, n) => {
    const axes = axesOf(panel, n, n === last);
    const firstY = parts.yAxis.length;
    parts.grid.push({ left: 52, right: 46, top: topOf(n), height: PANEL });
    parts.xAxis.push({ ...axes.x, ...range });
    parts.yAxis.push(...axes.y);
    panel.series.forEach((series, i) => {
      const tone = colour(TONES[i]);
      parts.series.push({
        name: series.label, type: "line", xAxisIndex: n, yAxisIndex: firstY + series.side, data: pointsOf(series, data.from),
        connectNulls: false, symbol: "none", showSymbol: true, showAllSymbol: true, sampling: undefined, animation: false,
        lineStyle: { width: 1.2, opacity: 0.8, color: tone, type: ["solid", "solid", "dashed"][i] || "solid" }, itemStyle: { color: tone },
        emphasis: { disabled: true }, markLine: i === 0 ? limitsOf(panel) : undefined, tooltip: { valueFormatter: null },
      });
    });
    if (panel.series.length > 1) {
      parts.legend.push({
        data: panel.series.map(({ label }) => label), top: topOf(n) - 23, right: panel.units.length > 1 ? 84 : 46, itemWidth: 18, itemHeight: 8, itemGap: 8,
        padding: 0, textStyle: { fontSize: 11, color: colour("ink"), fontFamily: FONT }, icon: "roundRect",
      });
    }
  });
  const units = new Map(data.panels.flatMap(({ series }) => series.map(({ label, unit }) => [label, unit])));
  return {
    ...parts, useUTC: true, animation: false, textStyle: { fontFamily: FONT },
    axisPointer: { link: [{ xAxisIndex: "all" }], lineStyle: { color: colour("ink-soft"), width: 1 }, triggerTooltip: true },
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true, transitionDuration: 0, textStyle: { fontSize: 12, fontFamily: FONT },
      formatter: (found) => [timeText(found[0].axisValue - BEIJING_MS), ...found.map(({ seriesName, value }) =>
        `${seriesName}  ${value[1] === null ? words.noValue : `${value[1]} ${units.get(seriesName)}`}`)].join("\n"),
    },
    dataZoom: [
      { type: "inside", xAxisIndex: parts.xAxis.map((_, n) => n), filterMode: "none", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false },
      { type: "slider", xAxisIndex: parts.xAxis.map((_, n) => n), filterMode: "none", height: 18, bottom: 4, showDetail: false, showDataShadow: false, brushSelect: false },
    ],
  };
}

/** Draw; `onTime(ms)` is told where the pointer is. Gives `point(ms)`, which sets it from elsewhere. */
export function drawCurves(element, data, words, onTime) {
  element.style.height = `${topOf(data.panels.length) + 34}px`;
  const chart = globalThis.echarts.init(element, null, { locale: isEnglish ? "EN" : "ZH", renderer: "canvas" });
  chart.setOption(option(data, words));
  let told = false;
  chart.on("updateAxisPointer", ({ axesInfo }) => {
    if (axesInfo?.length && !told) onTime(axesInfo[0].value - BEIJING_MS);
  });
  new ResizeObserver(() => chart.resize()).observe(element);
  element.dataset.drawn = "yes";
  return {
    point(ms) {
      const x = chart.convertToPixel({ xAxisIndex: 0 }, ms + BEIJING_MS);
      told = true;
      chart.dispatchAction({ type: "showTip", x, y: TOP + 4 });
      told = false;
    },
  };
}
