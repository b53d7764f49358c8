/** What the demo can be told to do, where this is the demo: its load, its upstream's speed, its limits. */
import { get, post, token } from './api.js';
import { askToken, tell } from './actions.js';
import { el, keyed, setParts, setText, table } from './dom.js';
import { count, duration, durationParts, figure } from './format.js';

const COLUMNS = [
  { key: 'client', name: 'Client' },
  { key: 'waiting', name: 'Waits for', number: true, hint: 'Requests that this client has sent and that are not answered yet' },
  { key: 'answered', name: 'Answered', number: true },
  { key: 'refused', name: 'Refused', number: true },
  { key: 'median', name: 'Median', number: true, hint: 'From sending to the whole answer, as the client sees it, of the last 50' },
  { key: 'slow', name: 'p95', number: true },
];

/** Shows its panel; what is returned brings it up to date, for a state of the bus. */
export async function startDemo(section, bus) {
  const state = await get('demo');
  section.hidden = false;
  section.append(el('p', { class: 'quiet lead' }, state.text));
  const controls = el('div', { class: 'controls' });
  const clients = el('div', { class: 'clients' });
  section.append(el('div', { class: 'bench' }, controls, clients));
  const rows = table(clients, 'What the clients see', COLUMNS, '');
  const show = (now, limits) => {
    keyed(controls, now.controls, control => control.name, slider, (made, control) => {
      const limit = limits.find(one => one.name === control.limit);
      updateSlider(made, limit ? { ...control, value: limit.max } : control);
    });
    rows.fill(now.clients, client => client.name, () => {
      const row = rows.row();
      row.cells.client.classList.add('id');
      return row;
    }, ({ cells }, client) => {
      setText(cells.client, client.name);
      for (const key of ['waiting', 'answered', 'refused']) {
        setParts(cells[key], ...figure(count(client[key]), ''));
        cells[key].classList.toggle('zero', client[key] === 0);
      }
      setParts(cells.median, ...figure(...durationParts(client.p50_ms)));
      setParts(cells.slow, ...figure(...durationParts(client.p95_ms)));
    });
  };
  show(state, bus.limits);
  return async now => show(await get('demo'), now.limits);
}

function slider(control) {
  const made = { value: el('output', { class: 'set' }) };
  made.input = el('input', { type: 'range', id: `demo-${control.name}`, min: control.min, max: control.max, step: control.step });
  made.label = el('label', { for: `demo-${control.name}` }, control.label);
  made.element = el('div', { class: 'control' }, made.label, made.input, made.value);
  made.input.addEventListener('input', () => {
    made.moved = true;
    said(made, Number(made.input.value));
  });
  made.input.addEventListener('change', async () => {
    await set(control, made.input.value);
    made.moved = false;
  });
  return made;
}

function updateSlider(made, control) {
  made.unit = control.unit;
  if (!made.moved && control.value !== undefined) {
    made.input.value = control.value;
    said(made, control.value);
  }
}

function said(made, value) {
  const text = made.unit === 'ms' ? duration(value) : `${count(value)}${made.unit ? ` ${made.unit}` : ''}`;
  setText(made.value, text);
  made.input.setAttribute('aria-valuetext', text);
}

/** A toy is not asked about twice. */
async function set({ name, limit }, value) {
  if (!token() && !await askToken('Changes need the token that the demo has printed.')) {
    return;
  }
  try {
    await (limit ? post('limits/set', { name: limit, max: value }) : post('demo/set', { name, value }));
  } catch (failure) {
    tell(`Nothing was changed: ${failure.message}.`, 'refused');
  }
}
