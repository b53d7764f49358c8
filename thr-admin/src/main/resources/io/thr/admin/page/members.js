/** The dispatchers with their leases and their load, and the servers behind them. */
import { change } from './actions.js';
import { bar, button, el, keyed, setParts, setText, table } from './dom.js';
import { count, duration, figure, many } from './format.js';
import { queueName } from './queues.js';

/** A lease is renewed after a third of it. */
const LEASE_MILLIS = 10_000;

const MEMBERS = [
  { key: 'name', name: 'Dispatcher' },
  { key: 'state', name: 'State' },
  { key: 'lease', name: 'Lease left' },
  { key: 'routes', name: 'Load' },
  { key: 'done', name: 'Answered · failed', number: true, hint: 'Since it began' },
  { key: 'actions', name: '' },
];

/** Puts the members into the section; what is returned shows a state. */
export function members(section) {
  const rows = table(section, 'Dispatchers, by name', MEMBERS, 'No dispatcher is on this bus: what comes waits.');
  return state => rows.fill(state.members, member => member.name, () => create(rows), (row, member) => update(row, member, state));
}

function create(rows) {
  const row = rows.row();
  const { cells } = row;
  row.name = el('span', { class: 'id' });
  row.where = el('span', { class: 'quiet below' });
  cells.name.append(row.name, row.where);
  row.state = el('span', { class: 'state' });
  cells.state.append(row.state);
  row.bar = bar();
  row.left = el('span', { class: 'used' });
  cells.lease.append(row.bar.element, row.left);
  row.routes = el('ul', { class: 'routes' });
  cells.routes.append(row.routes);
  row.drain = button('Drain', '', () => drain(row.member));
  cells.actions.classList.add('actions');
  cells.actions.append(row.drain);
  return row;
}

function update(row, member, state) {
  row.member = member;
  row.element.dataset.member = member.name;
  const { cells } = row;
  const left = member.lease_ends_ms - state.at_ms;
  const { report } = member;
  setText(row.name, member.name);
  setText(row.where, report
    ? `${report.host}, process ${report.pid}, version ${report.version}, for ${duration(report.at_ms - report.started_ms)}` : 'has not said who it is');
  const condition = left <= 0 ? 'lost' : report?.stopping ? 'draining' : 'up';
  setText(row.state, condition);
  row.state.dataset.kind = condition;
  row.bar.set(Math.max(0, left), LEASE_MILLIS, left < LEASE_MILLIS / 3 ? 'low' : 'lease');
  setText(row.left, left <= 0 ? `over for ${duration(-left)}` : `${(left / 1000).toFixed(1)} s`);
  const routes = (report?.routes ?? []).map((route, index) => ({ ...route, index }));
  keyed(row.routes, routes, route => route.index, () => {
    const made = { queues: el('span'), bar: bar(), used: el('span', { class: 'used' }) };
    made.element = el('li', {}, made.queues, made.bar.element, made.used);
    return made;
  }, (made, route) => {
    setParts(made.queues, ...route.queues.flatMap((queue, index) => [index > 0 ? ', ' : '', ...queueName(queue)]));
    made.bar.set(route.running, route.max_concurrent);
    setText(made.used, `${count(route.running)} of ${count(route.max_concurrent)}`);
  });
  const sum = key => routes.reduce((all, route) => all + route.counts[key], 0);
  setParts(cells.done, ...figure(`${count(sum('answered'))} · ${count(sum('failed'))}`, ''));
  row.drain.hidden = condition !== 'up';
  row.drain.setAttribute('aria-label', `Drain ${member.name}`);
}

function drain(member) {
  change({
    title: `Drain ${member.name}?`,
    text: 'It takes nothing more, finishes what it runs, and ends; what waits goes to the others. '
      + `It owns ${many(member.owns, 'request')} now. Whether it is started again is up to what has started it.`,
    verb: 'Drain',
    destructive: true,
    path: 'drain',
    parameters: { member: member.name },
    done: `${member.name} has been told to finish and end.`,
    not: `There is no ${member.name} any more.`,
  });
}

const SERVERS = [
  { key: 'url', name: 'Server' },
  { key: 'health', name: 'Health' },
  { key: 'running', name: 'Running', number: true },
  { key: 'calls', name: 'Calls', number: true, hint: 'Since the dispatchers began' },
  { key: 'failures', name: 'Failures', number: true },
  { key: 'retries', name: 'Repeats', number: true },
];

/** Puts the servers into the section, each with what all dispatchers say of it; what is returned shows a state. */
export function servers(section) {
  const rows = table(section, 'Servers behind the dispatchers, over all of them', SERVERS, 'No dispatcher has said what it calls.');
  return state => rows.fill(sums(state.members), server => server.url, () => {
    const row = rows.row();
    row.cells.url.classList.add('id');
    row.health = el('span', { class: 'state' });
    row.cells.health.append(row.health);
    return row;
  }, (row, server) => {
    setText(row.cells.url, server.url);
    const out = server.ejected > 0;
    setText(row.health, !out ? 'in use' : server.ejected === server.seenBy ? 'left out' : `left out by ${server.ejected} of ${server.seenBy} routes`);
    row.health.dataset.kind = out ? 'lost' : 'up';
    for (const key of ['running', 'calls', 'failures', 'retries']) {
      setParts(row.cells[key], ...figure(count(server[key]), ''));
      row.cells[key].classList.toggle('zero', server[key] === 0);
    }
    row.cells.failures.classList.toggle('trouble', server.failures > 0);
  });
}

function sums(all) {
  const byUrl = new Map();
  for (const member of all) {
    for (const server of (member.report?.routes ?? []).flatMap(route => route.servers)) {
      const sum = byUrl.get(server.url)
        ?? { url: server.url, ejected: 0, seenBy: 0, running: 0, calls: 0, failures: 0, retries: 0 };
      byUrl.set(server.url, sum);
      sum.ejected += server.ejected ? 1 : 0;
      sum.seenBy += 1;
      for (const key of ['running', 'calls', 'failures', 'retries']) {
        sum[key] += server[key];
      }
    }
  }
  return [...byUrl.values()].sort((one, other) => (one.url < other.url ? -1 : 1));
}
