// Draws the figures of the reports with uPlot, from the tables beside them: what a chart shows is in its table.
"use strict";
(() => {
  const HEIGHT = 200;
  const COLOURS = ["--rec-1", "--rec-2", "--rec-3", "--rec-4", "--rec-5", "--rec-6", "--rec-7", "--rec-8"];
  const language = document.documentElement.lang || "en";
  const shortDay = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone: "UTC" });
  const wholeDay = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" });

  function numbers(unit) {
    const options = {
      count: { notation: "compact" },
      percent: { style: "percent", maximumFractionDigits: 1 },
      number: { maximumFractionDigits: 3 },
    };
    return new Intl.NumberFormat(language, options[unit] || options.count);
  }

  function read(table) {
    const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const previous = [...table.tHead.rows[0].cells].map((cell) => cell.hasAttribute("data-previous"));
    const columns = names.map(() => []);
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells]);
    rows.sort((one, other) => (one[0].dataset.x < other[0].dataset.x ? -1 : 1));
    for (const cells of rows) {
      columns[0].push(Date.parse(cells[0].dataset.x) / 1000);
      cells.slice(1).forEach((cell, n) => columns[n + 1].push(cell.dataset.value === "" ? null : Number(cell.dataset.value)));
    }
    return { names, previous, columns };
  }

  function draw(figure) {
    const plot = figure.querySelector(".rec-plot");
    const { names, previous, columns } = read(figure.querySelector("table"));
    const style = getComputedStyle(plot);
    const colour = (name) => style.getPropertyValue(name).trim();
    const text = numbers(figure.dataset.unit);
    const axis = { stroke: colour("--body-quiet-color"), grid: { stroke: colour("--hairline-color"), width: 1 }, ticks: { show: false } };
    const series = names.slice(1).map((label, n) => ({
      label,
      stroke: colour(COLOURS[n % COLOURS.length]),
      width: 1.75,
      dash: previous[n + 1] ? [5, 4] : undefined,
      fill: figure.dataset.kind === "bars" && !previous[n + 1] ? colour(COLOURS[n % COLOURS.length]) : undefined,
      paths: figure.dataset.kind === "bars" && !previous[n + 1] ? uPlot.paths.bars({ size: [0.8, 40] }) : undefined,
      points: { show: columns[0].length < 3 },
      value: (_, value) => (value === null || value === undefined ? "–" : text.format(value)),
    }));
    const options = {
      width: plot.clientWidth,
      height: HEIGHT,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_, low, high) => [Math.min(0, low || 0), high > 0 ? high * 1.05 : 1] } },
      axes: [
        { ...axis, size: 30, space: 70, incrs: [1, 2, 7, 14, 28, 91, 182].map((days) => days * 86400), values: (_, at) => at.map((each) => shortDay.format(each * 1000)) },
        { ...axis, size: 56, values: (_, at) => at.map((each) => text.format(each)) },
      ],
      series: [{ value: (_, at) => (at === null ? "–" : wholeDay.format(at * 1000)) }, ...series],
    };
    options.series[0].label = names[0];
    plot.replaceChildren();
    figure.chart = new uPlot(options, columns, plot);
  }

  const figures = [...document.querySelectorAll(".rec-figure")].filter((each) => each.querySelector("tbody tr"));
  const drawAll = () => figures.forEach(draw);
  drawAll();
  new ResizeObserver(() => {
    for (const figure of figures) {
      const width = figure.querySelector(".rec-plot").clientWidth;
      if (width && figure.chart.width !== width) figure.chart.setSize({ width, height: HEIGHT });
    }
  }).observe(document.body);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
