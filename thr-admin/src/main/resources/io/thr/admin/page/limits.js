/** Limits: how full each is, who holds it, and its maximum. */
import { change } from './actions.js';
import { bar, button, el, keyed, setParts, setText, table } from './dom.js';
import { count, duration, many } from './format.js';

const COLUMNS = [
  { key: 'name', name: 'Limit' },
  { key: 'used', name: 'Used' },
  { key: 'waiting', name: 'Waiting', number: true },
  { key: 'max', name: 'At most' },
];

const MOST_HOLDERS = 12;

/** Puts them into the section; what is returned shows a state. */
export function limits(section) {
  const rows = table(section, 'Limits, by name', COLUMNS, 'No limit is configured.');
  return state => rows.fill(state.limits, limit => limit.name, () => create(rows), (row, limit) => update(row, limit, state));
}

function create(rows) {
  const row = rows.row();
  const { cells } = row;
  row.name = el('span', { class: 'id' });
  row.summary = el('summary');
  row.list = el('ul', { class: 'counters' });
  row.details = el('details', {}, row.summary, row.list);
  cells.name.append(row.name, row.details);
  row.bar = bar();
  row.used = el('span', { class: 'used' });
  cells.used.append(row.bar.element, row.used);
  row.input = el('input', { type: 'number', min: 0, max: 1_000_000, step: 1, inputmode: 'numeric', class: 'max' });
  row.input.addEventListener('input', () => {
    row.edited = true;
  });
  row.input.addEventListener('blur', event => {
    if (event.relatedTarget !== row.set) {
      row.edited = row.edited && row.input.value !== String(row.limit.max);
    }
  });
  row.input.addEventListener('keydown', event => {
    if (event.key === 'Enter') {
      set(row);
    } else if (event.key === 'Escape') {
      row.edited = false;
      row.input.value = row.limit.max;
    }
  });
  row.set = button('Set', '', () => set(row));
  row.configured = el('span', { class: 'quiet configured' });
  row.reset = button('Reset', '', () => reset(row.limit));
  cells.max.append(el('span', { class: 'setter' }, row.input, row.set, row.reset), row.configured);
  return row;
}

function update(row, limit, state) {
  row.limit = limit;
  row.element.dataset.limit = limit.name;
  const dynamic = isDynamic(limit);
  const fullest = limit.counters.reduce((most, one) => (one.running > (most?.running ?? -1) ? one : most), null);
  const running = dynamic ? fullest?.running ?? 0 : limit.running;
  setText(row.name, limit.name);
  row.bar.set(running, limit.max);
  setText(row.used, dynamic
    ? `${count(running)} of ${count(limit.max)} in the fullest, ${count(limit.running)} in all`
    : `${count(limit.running)} of ${count(limit.max)}`);
  setText(row.cells.waiting, count(limit.waiting));
  row.cells.waiting.classList.toggle('zero', limit.waiting === 0);
  if (!row.edited) {
    row.input.value = limit.max;
  }
  row.input.setAttribute('aria-label', `Maximum of ${limit.name}`);
  row.set.setAttribute('aria-label', `Set the maximum of ${limit.name}`);
  row.reset.setAttribute('aria-label', `Reset the maximum of ${limit.name}`);
  const overridden = limit.configured !== null && limit.configured !== undefined;
  row.reset.hidden = !overridden;
  setText(row.configured, overridden ? `configured: ${count(limit.configured)}` : '');
  row.details.hidden = limit.counters.length === 0;
  setText(row.summary, dynamic ? many(limit.counters_in_all, 'value') : 'holders');
  if (row.details.open) {
    counters(row.list, limit, state);
  } else {
    keyed(row.list, [], one => one.counter, () => null, () => null);
    row.details.ontoggle ??= () => row.details.open && counters(row.list, row.limit, row.state);
  }
  row.state = state;
}

/** A dynamic limit counts each value by itself, under `name==value`. */
function isDynamic(limit) {
  return limit.counters.some(one => one.counter.startsWith(`${limit.name}==`));
}

function counters(list, limit, state) {
  keyed(list, limit.counters, one => one.counter, () => {
    const made = { name: el('span', { class: 'id' }), bar: bar(), used: el('span', { class: 'used' }), holders: el('p', { class: 'holders quiet' }) };
    made.element = el('li', {}, el('span', { class: 'counter' }, made.name, made.bar.element, made.used), made.holders);
    return made;
  }, (made, one) => {
    setText(made.name, one.counter.startsWith(`${limit.name}==`) ? one.counter.slice(limit.name.length + 2) : one.counter);
    made.bar.set(one.running, limit.max);
    setText(made.used, `${count(one.running)} of ${count(limit.max)}${one.waiting > 0 ? `, ${count(one.waiting)} waiting` : ''}`);
    const holders = state.running.filter(request => request.counters.includes(one.counter));
    const named = holders.slice(0, MOST_HOLDERS);
    setParts(made.holders, ...named.flatMap((holder, index) => [
      index > 0 ? ', ' : 'held by ',
      el('span', { class: 'id' }, holder.request), ` for ${duration(state.at_ms - holder.since_ms)}`,
    ]), holders.length > named.length ? ` and ${many(holders.length - named.length, 'other')}` : '');
  });
  if (limit.counters_in_all > limit.counters.length) {
    list.dataset.more = `and ${many(limit.counters_in_all - limit.counters.length, 'other value')}`;
  } else {
    delete list.dataset.more;
  }
}

async function set(row) {
  const { limit, input } = row;
  if (!/^\d{1,7}$/.test(input.value.trim())) {
    input.setCustomValidity('A whole number, 0 or more');
    input.reportValidity();
    input.addEventListener('input', () => input.setCustomValidity(''), { once: true });
    return;
  }
  const max = Number(input.value);
  await change({
    title: `Set ${limit.name} to ${count(max)}?`,
    text: `${isDynamic(limit) ? 'Each of its values' : 'It'} may have ${many(max, 'request')} running at a time, instead of ${count(limit.max)}, `
      + `over all dispatchers, until somebody resets it. What runs goes on.${max === 0 ? ' With 0 nothing more of it is begun.' : ''}`,
    verb: `Set to ${count(max)}`,
    destructive: max === 0,
    path: 'limits/set',
    parameters: { name: limit.name, max },
    done: `${limit.name} is ${count(max)} now.`,
    not: `There is no limit ${limit.name} any more.`,
  });
  row.edited = false;
}

function reset(limit) {
  change({
    title: `Reset ${limit.name}?`,
    text: `Its configured maximum is in force again: ${count(limit.configured)} instead of ${count(limit.max)}.`,
    verb: 'Reset',
    path: 'limits/reset',
    parameters: { name: limit.name },
    done: `${limit.name} is ${count(limit.configured)} again, as configured.`,
    not: `The configured maximum of ${limit.name} was in force.`,
  });
}
