/** The queues: what waits in each, how long, and what can be done with it. */
import { change } from './actions.js';
import { colorOf, isShown, toggle } from './colors.js';
import { button, el, setParts, setText, table } from './dom.js';
import { count, duration, durationParts, figure, many, rate } from './format.js';
import { showPeek } from './peek.js';
import { rebuild, recentRate } from './plots.js';

const COLUMNS = [
  { key: 'name', name: 'Queue' },
  { key: 'listed', name: 'Listed', number: true, hint: 'On its list in Redis: no dispatcher has taken them yet' },
  { key: 'waiting', name: 'Waiting', number: true, hint: 'Taken; they wait for their limits or their turn' },
  { key: 'running', name: 'Running', number: true, hint: 'At the upstream' },
  { key: 'oldest', name: 'Oldest', number: true, hint: 'How long the one waits that has waited longest' },
  { key: 'estimate', name: 'Estimated wait', number: true, hint: "For a request that comes now, by Little's law" },
  { key: 'waits', name: 'Wait p50 · p95', number: true, hint: 'Of all since the dispatchers began' },
  { key: 'runs', name: 'Run p50 · p95', number: true, hint: 'Of all since the dispatchers began' },
  { key: 'rate', name: 'Rate', number: true, hint: 'Ended a second, over the last five seconds' },
  { key: 'dead', name: 'Dead', number: true, hint: 'Messages that nobody could process' },
  { key: 'actions', name: '' },
];

/** Puts them into the section; what is returned shows a state. */
export function queues(section) {
  const rows = table(section, 'Queues, by name', COLUMNS, 'No dispatcher serves a queue, and nothing waits.');
  return state => rows.fill(state.queues, queue => queue.name, () => create(rows), (row, queue) => update(row, queue, state));
}

/** A queue's name, its common beginning less loud. */
export function queueName(name) {
  const start = name.startsWith('thr:queue:') && name.length > 10 ? 'thr:queue:' : '';
  return [el('span', { class: 'id' }, el('span', { class: 'quiet' }, start), name.slice(start.length))];
}

function create(rows) {
  const row = rows.row();
  const { cells } = row;
  row.swatch = button('', '', () => {
    toggle(row.queue.name);
    swatch(row);
    rebuild();
  }, 'swatch');
  row.name = el('span');
  row.paused = el('span', { class: 'badge' });
  row.deadLink = el('a', { href: '#dead' });
  row.pause = button('Pause', '', () => pauseOrResume(row.queue));
  row.peek = button('Peek', '', () => showPeek(row.queue.name));
  row.purge = button('Purge', '', () => purge(row.queue));
  cells.name.append(row.swatch, row.name, row.paused);
  cells.dead.append(row.deadLink);
  cells.actions.classList.add('actions');
  cells.actions.append(row.pause, row.peek, row.purge);
  return row;
}

function swatch(row) {
  const shown = isShown(row.queue.name);
  row.swatch.className = `swatch ${colorOf(row.queue.name).slice(2)}`;
  row.swatch.setAttribute('aria-pressed', String(shown));
  row.swatch.setAttribute('aria-label', `Show ${row.queue.name} in the plots`);
}

function update(row, queue, state) {
  row.queue = queue;
  const { cells } = row;
  row.element.dataset.queue = queue.name;
  row.element.classList.toggle('paused', queue.paused);
  swatch(row);
  setParts(row.name, ...queueName(queue.name));
  const paused = queue.paused ? `paused${queue.paused_since_ms ? ` for ${duration(state.at_ms - queue.paused_since_ms)}` : ''}` : '';
  setText(row.paused, paused);
  row.paused.hidden = !paused;
  number(cells.listed, queue.listed);
  number(cells.waiting, queue.waiting);
  number(cells.running, queue.running);
  time(cells.oldest, queue.oldest_since_ms === null ? null : state.at_ms - queue.oldest_since_ms);
  time(cells.estimate, queue.estimated_wait_ms);
  twice(cells.waits, queue.waits);
  twice(cells.runs, queue.runs);
  setParts(cells.rate, ...figure(rate(recentRate(queue.name)), '/s'));
  setText(row.deadLink, count(queue.dead));
  row.deadLink.classList.toggle('trouble', queue.dead > 0);
  cells.dead.classList.toggle('zero', queue.dead === 0);
  setText(row.pause, queue.paused ? 'Resume' : 'Pause');
  row.pause.setAttribute('aria-label', `${queue.paused ? 'Resume' : 'Pause'} ${queue.name}`);
  row.peek.setAttribute('aria-label', `Peek into ${queue.name}`);
  row.purge.setAttribute('aria-label', `Purge ${queue.name}`);
}

function number(cell, value) {
  setParts(cell, ...figure(count(value), ''));
  cell.classList.toggle('zero', value === 0);
}

function time(cell, millis) {
  setParts(cell, ...figure(...durationParts(millis)));
}

function twice(cell, quantiles) {
  const one = durationParts(quantiles.p50_ms);
  const other = durationParts(quantiles.p95_ms);
  const same = one[1] === other[1];
  setParts(cell, ...figure(same ? `${one[0]} · ${other[0]}` : `${one.join(' ').trim()} · ${other[0]}`, other[1]));
}

function pauseOrResume(queue) {
  change(queue.paused
    ? {
      title: `Resume ${queue.name}?`,
      text: `${many(queue.listed + queue.waiting, 'request')} of it ${queue.listed + queue.waiting === 1 ? 'waits' : 'wait'}; `
        + 'what has room under its limits begins at once.',
      verb: 'Resume',
      path: 'resume',
      parameters: { queue: queue.name },
      done: `${queue.name} is resumed.`,
      not: `${queue.name} is not paused.`,
    }
    : {
      title: `Pause ${queue.name}?`,
      text: 'Nothing more of it is begun, on no dispatcher, until somebody resumes it. '
        + `What runs goes on: ${many(queue.running, 'request')} now. Requests that wait may reach their time-out.`,
      verb: 'Pause',
      path: 'pause',
      parameters: { queue: queue.name },
      done: `${queue.name} is paused.`,
      not: `${queue.name} was paused already.`,
    });
}

function purge(queue) {
  change({
    title: `Purge ${queue.name}?`,
    text: `All that waits in it is answered with 503, and not run: ${many(queue.listed + queue.waiting, 'request')} now. `
      + `What runs goes on: ${count(queue.running)}. This cannot be undone.`,
    verb: 'Purge',
    destructive: true,
    path: 'purge',
    parameters: { queue: queue.name },
    done: answer => `${many(answer.count ?? 0, 'request')} of ${queue.name} ${answer.count === 1 ? 'was' : 'were'} answered with 503.`,
    not: `Nothing waited in ${queue.name}.`,
  });
}
