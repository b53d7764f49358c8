/** What waits, together with what it waits for, and what runs. */
import { button, el, setParts, setText, table } from './dom.js';
import { count, durationParts, figure } from './format.js';
import { queueName } from './queues.js';
import { ask } from './why.js';

const FLOWS = [
  { key: 'blocked', name: 'Waits for' },
  { key: 'waiting', name: 'How many', number: true },
  { key: 'oldest', name: 'For', number: true },
  { key: 'queue', name: 'Queue' },
  { key: 'shares', name: 'Share' },
];

/** Puts the flows into the section; what is returned shows a state. */
export function flows(section) {
  const rows = table(section, 'Requests that wait together, the longest first', FLOWS, 'Nothing waits.');
  const more = el('p', { class: 'quiet' });
  section.append(more);
  return state => {
    rows.fill(state.flows, flow => JSON.stringify([flow.queue, flow.shares, flow.counters]), () => {
      const row = rows.row();
      row.cells.shares.classList.add('id');
      return row;
    }, ({ cells }, flow) => {
      setParts(cells.blocked, flow.blocked_by === null
        ? el('span', { class: 'quiet' }, 'its turn') : el('span', { class: 'id waits' }, flow.blocked_by));
      setParts(cells.waiting, ...figure(count(flow.waiting), ''));
      setParts(cells.oldest, ...figure(...durationParts(state.at_ms - flow.oldest_since_ms)));
      setParts(cells.queue, ...queueName(flow.queue));
      setText(cells.shares, flow.shares.join(' / ') || '–');
    });
    rest(more, state.flows_in_all - state.flows.length);
  };
}

const RUNNING = [
  { key: 'request', name: 'Request' },
  { key: 'since', name: 'For', number: true },
  { key: 'queue', name: 'Queue' },
  { key: 'counters', name: 'Counted by' },
  { key: 'member', name: 'Dispatcher' },
];

const SHOWN = 30;

/** Puts what runs into the section; what is returned shows a state. */
export function running(section) {
  const rows = table(section, 'What runs, the longest first', RUNNING, 'Nothing runs.');
  const more = el('p', { class: 'quiet' });
  section.append(more);
  return state => {
    const shown = state.running.slice(0, SHOWN);
    rows.fill(shown, request => `${request.request}\n${request.since_ms}`, () => {
      const row = rows.row();
      row.ask = button('', '', () => ask(row.request), 'link-button id');
      row.cells.request.append(row.ask);
      row.cells.member.classList.add('id');
      return row;
    }, (row, request) => {
      row.request = request.request;
      setText(row.ask, request.request);
      setParts(row.cells.since, ...figure(...durationParts(state.at_ms - request.since_ms)));
      setParts(row.cells.queue, ...queueName(request.queue));
      setParts(row.cells.counters, ...request.counters.map(counter => el('span', { class: 'id counted' }, counter)));
      setText(row.cells.member, request.member);
    });
    rest(more, state.running_in_all - shown.length);
  };
}

function rest(element, number) {
  setText(element, number > 0 ? `and ${count(number)} more` : '');
}
