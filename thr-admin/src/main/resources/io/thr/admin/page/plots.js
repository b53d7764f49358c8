/**
 * Plots over time: what the admin port has sampled, and what it samples while this page looks.
 */
import { get } from './api.js';
import { el, setParts } from './dom.js';
import { count, duration, rate } from './format.js';
import { colorOf, isShown } from './colors.js';

const KEPT_MILLIS = 15 * 60 * 1000;

const PLOTS = [
  { key: 'depth', title: 'Waiting', say: count, least: 4, lines: [{ of: sample => sample.listed + sample.waiting }] },
  { key: 'rate', title: 'Answered a second', say: rate, least: 1, lines: [{ of: sample => sample.ended_per_s }] },
  { key: 'wait', title: 'Wait, p95', say: duration, least: 100, time: true, lines: [{ of: sample => sample.wait_p95_ms }] },
  {
    key: 'run', title: 'Run, p95; dashed: p50', say: duration, least: 100, time: true,
    lines: [{ of: sample => sample.run_p50_ms, dashed: true }, { of: sample => sample.run_p95_ms }],
  },
];

let samples = [];
let queues = [];
let drawn = [];
let cursor = null;
let spanSeconds = 300;

/** Makes the frames; the plots come with the first samples. */
export function startPlots() {
  const all = document.getElementById('plots-all');
  for (const plot of PLOTS) {
    plot.values = el('span', { class: 'values' });
    plot.canvas = el('div', { class: 'canvas', 'aria-hidden': 'true' });
    all.append(el('figure', { id: `plot-${plot.key}` },
      el('figcaption', {}, el('span', { class: 'what' }, plot.title), plot.values), plot.canvas));
  }
  const span = document.getElementById('plots-span');
  span.addEventListener('change', () => {
    spanSeconds = Number(span.value);
    draw();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', rebuild);
  new ResizeObserver(() => drawn.forEach((plot, index) => plot.setSize(sizeOf(PLOTS[index])))).observe(all);
}

/** Forgets what there was: it is of another bus. */
export function clearPlots() {
  samples = [];
  rebuild();
}

/** Asks for what has come since, and draws it. */
export async function updatePlots() {
  const last = samples.at(-1)?.at_ms;
  const history = await get('history', last ? { since_ms: last } : {});
  const newer = history.samples.filter(sample => !last || sample.at_ms > last);
  samples = samples.concat(newer).filter(sample => sample.at_ms > (newer.at(-1)?.at_ms ?? last ?? 0) - KEPT_MILLIS);
  const names = Object.keys(samples.at(-1)?.queues ?? {}).filter(isShown);
  if (names.join('\n') !== queues.join('\n') || drawn.length === 0) {
    queues = names;
    rebuild();
  } else {
    draw();
  }
}

/** The newest figures of a queue: its mean rate over some seconds, for what one second says jumps. */
export function recentRate(queue) {
  const some = samples.slice(-5).map(sample => sample.queues[queue]?.ended_per_s).filter(Number.isFinite);
  return some.length ? some.reduce((sum, one) => sum + one, 0) / some.length : null;
}

/** Another choice of queues, or of colours. */
export function rebuild() {
  queues = Object.keys(samples.at(-1)?.queues ?? {}).filter(isShown);
  drawn.forEach(plot => plot.destroy());
  drawn = samples.length === 0 ? [] : PLOTS.map(plot => new uPlot(options(plot), data(plot), plot.canvas));
  values();
}

function draw() {
  drawn.forEach((plot, index) => plot.setData(data(PLOTS[index])));
  values();
}

/** The samples of the span, with a gap where nobody looked. */
function data(plot) {
  const end = samples.at(-1).at_ms / 1000;
  const times = [];
  const columns = queues.flatMap(() => plot.lines.map(() => []));
  let before = null;
  for (const sample of samples) {
    const time = sample.at_ms / 1000;
    if (time < end - spanSeconds) {
      continue;
    }
    if (before !== null && time - before > 4) {
      times.push(before + 1);
      columns.forEach(column => column.push(null));
    }
    before = time;
    times.push(time);
    queues.forEach((queue, index) => plot.lines.forEach((line, place) => {
      const value = sample.queues[queue] && line.of(sample.queues[queue]);
      columns[index * plot.lines.length + place].push(value ?? null);
    }));
  }
  return [times, ...columns];
}

function sizeOf(plot) {
  return { width: Math.max(120, plot.canvas.clientWidth), height: 132 };
}

function style(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(plot) {
  const ink = style('--quiet');
  const line = style('--line');
  const font = `11px ${style('--font')}`;
  return {
    ...sizeOf(plot),
    legend: { show: false },
    padding: [6, 18, 0, 0],
    cursor: { sync: { key: 'thr' }, drag: { x: false, y: false }, points: { size: 5 }, y: false },
    scales: {
      x: { range: (_, least, most) => [most - spanSeconds, most] },
      y: { range: (_, least, most) => [0, Math.max(plot.least, (most ?? 0) * 1.08)] },
    },
    axes: [
      { stroke: ink, font, size: 22, grid: { show: false }, ticks: { stroke: line, size: 3 }, space: 56, values: times },
      {
        stroke: ink, font, size: 52, gap: 4, grid: { stroke: line, width: 1 }, ticks: { show: false }, space: 30,
        values: (_, all) => all.map(value => (value === 0 ? '0' : plot.say(value))),
        ...(plot.time ? {} : { incrs: [0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000] }),
      },
    ],
    series: [{}, ...queues.flatMap(queue => plot.lines.map(({ dashed }) => ({
      label: queue,
      stroke: style(colorOf(queue)),
      width: 1.5,
      dash: dashed ? [3, 3] : undefined,
      points: { show: false },
    })))],
    hooks: {
      setCursor: [made => {
        if (cursor !== made.cursor.idx) {
          cursor = made.cursor.idx ?? null;
          values();
        }
      }],
    },
  };
}

function times(_, all) {
  return all.map(time => new Date(time * 1000).toLocaleTimeString('en-GB').slice(0, spanSeconds > 60 ? 5 : 8));
}

/** The figures under the cursor, or the newest, beside each title: for those who cannot see the lines, too. */
function values() {
  for (const [index, plot] of PLOTS.entries()) {
    const columns = drawn[index]?.data;
    if (!columns) {
      continue;
    }
    const at = cursor ?? columns[0].length - 1;
    setParts(plot.values, ...queues.map((queue, place) => {
      const figure = columns[(place + 1) * plot.lines.length][at];
      const text = figure === null || figure === undefined ? '–' : plot.say(figure);
      return el('span', { class: `value ${colorOf(queue).slice(2)}`, title: queue },
        el('span', { class: 'unseen' }, `${queue}: `), text);
    }));
  }
}
