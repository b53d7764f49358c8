/**
 * The page: asks once a second for what there is and shows it. Each view has a section of index.html and a module.
 */
import { askToken, setMayChange, tell } from './actions.js';
import { forgetToken, get, Problem, setBus, takeToken, token } from './api.js';
import { dead } from './dead.js';
import { startDemo } from './demo.js';
import { el, keyed, setParts, setText } from './dom.js';
import { clock, count, rate } from './format.js';
import { limits } from './limits.js';
import { members, servers } from './members.js';
import { setClock as setPeekClock, updatePeek } from './peek.js';
import { clearPlots, recentRate, startPlots, updatePlots } from './plots.js';
import { queues } from './queues.js';
import { flows, running } from './requests.js';
import { setClock as setWhyClock, updateWhy } from './why.js';

const EVERY_MILLIS = 1000;
const HIDDEN_EVERY_MILLIS = 5000;

const id = name => document.getElementById(name);

/** The server's clock, as far as the last answer told it. */
let ahead = 0;
let seenAt = null;
let next = null;
let updateDemo = null;
let askedForToken = false;
let busy = false;
let again = false;
const now = () => Date.now() + ahead;

const views = [
  way(id('way')),
  queues(id('queues')),
  limits(id('limits')),
  flows(id('flows')),
  running(id('running')),
  members(id('members')),
  servers(id('servers')),
  dead(id('dead')),
];

/** The sums, as the way that a request takes. */
function way(list) {
  const stations = [
    ['listed', 'on their lists'], ['waiting', 'waiting'], ['running', 'running'], ['rate', 'ended a second'], ['members', 'dispatchers'],
  ].map(([key, name]) => {
    const figure = el('dd');
    list.append(el('div', { class: `station ${key}` }, el('dt', {}, name), figure));
    return [key, figure];
  });
  return state => {
    const sum = key => state.queues.reduce((all, queue) => all + queue[key], 0);
    const rates = state.queues.map(queue => recentRate(queue.name)).filter(one => one !== null);
    const figures = {
      listed: count(sum('listed')),
      waiting: count(sum('waiting')),
      running: count(sum('running')),
      rate: rates.length ? rate(rates.reduce((all, one) => all + one, 0)) : '–',
      members: count(state.members.filter(member => member.lease_ends_ms > state.at_ms).length),
    };
    for (const [key, figure] of stations) {
      setText(figure, figures[key]);
    }
  };
}

async function update() {
  const state = await get('bus');
  ahead = state.at_ms - Date.now();
  seenAt = state.at_ms;
  setMayChange(state.program.may_change);
  setText(id('bus'), state.bus);
  const { kind, name, version } = state.program;
  // what runs from a build's folder has no version
  setText(id('program'), `${state.redis} · ${kind} ${name}${/^\d/.test(version) ? ` ${version}` : ''}`);
  showBuses(state.program.buses ?? []);
  document.title = `THR ${state.bus}: ${count(state.queues.reduce((all, queue) => all + queue.listed + queue.waiting, 0))} waiting`;
  await updatePlots();
  await Promise.all(views.map(view => view(state)));
  if (state.program.extensions?.includes('demo')) {
    updateDemo ??= await startDemo(id('demo'), state);
  }
  await Promise.all([updateWhy(), updatePeek(), updateDemo?.(state)]);
}

/** One round at a time; who wants one meanwhile gets it at once after that. */
async function round() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  again = false;
  clearTimeout(next);
  await attempt();
  busy = false;
  next = setTimeout(round, again ? 0 : document.hidden ? HIDDEN_EVERY_MILLIS : EVERY_MILLIS);
}

async function attempt() {
  try {
    await update();
    here();
  } catch (failure) {
    if (!(failure instanceof Problem)) {
      // a mistake of ours: the console shall have it, and the page goes on
      console.error(failure);
    }
    await away(failure);
  }
}

/** A choice, where the program works on several. */
function showBuses(buses) {
  const select = id('buses');
  select.hidden = buses.length < 2;
  keyed(select, buses, bus => bus, bus => ({ element: el('option', { value: bus }, bus) }), () => null);
}

id('buses').addEventListener('change', () => {
  setBus(id('buses').value);
  clearPlots();
  round();
});

function here() {
  document.body.classList.remove('is-away');
  id('away').hidden = true;
  setParts(id('link'), 'connected');
  id('link').dataset.kind = 'up';
}

/** What is shown is old now, and says so. */
async function away(failure) {
  const shown = seenAt === null ? '' : ` What is shown is of ${clock(seenAt)}.`;
  const why = failure instanceof Problem && failure.status > 0
    ? `The program says: ${failure.message}` : `The program ${failure instanceof Problem ? failure.message : 'said what this page does not understand'}`;
  document.body.classList.add('is-away');
  setText(id('away'), `${why.replace(/\.$/, '')}.${shown} It is asked again every second.`);
  id('away').hidden = false;
  setParts(id('link'), failure.status > 0 ? 'no state' : 'away');
  id('link').dataset.kind = 'lost';
  if (failure.status === 401 && !askedForToken) {
    askedForToken = true;
    forgetToken();
    await askToken('This program is reached from more than its own machine, so it shows itself to those with its token only.');
  }
}

function showToken() {
  setText(id('token-button'), token() ? 'Forget token' : 'Give token…');
}

id('token-button').addEventListener('click', async () => {
  if (token()) {
    forgetToken();
    tell('The token is forgotten: this tab can change nothing any more.');
  } else if (await askToken('Changes need the token of this program: admin.token in its file.')) {
    tell('The token is kept until this tab is closed.');
  }
  showToken();
});
document.addEventListener('thr-token', showToken);
document.addEventListener('thr-changed', round);
document.addEventListener('visibilitychange', () => document.hidden || round());
addEventListener('hashchange', () => {
  takeToken();
  showToken();
});

takeToken();
showToken();
setPeekClock(now);
setWhyClock(now);
startPlots();
round();
