/** What comes next in a queue, in a dialog that is kept up to date while it is open. */
import { get, Problem } from './api.js';
import { button, el, setParts, setText, table } from './dom.js';
import { date, durationParts, figure } from './format.js';
import { ask } from './why.js';

const MOST = 50;

const COLUMNS = [
  { key: 'request', name: 'Request' },
  { key: 'what', name: 'What' },
  { key: 'priority', name: 'Priority', number: true },
  { key: 'since', name: 'For', number: true },
  { key: 'blocked', name: 'Waits for' },
  { key: 'actions', name: '' },
];

const dialog = document.getElementById('peek');
const list = document.getElementById('peek-list');
let rows = null;
let queue = null;
let now = () => Date.now();

/** By the server's clock, as the times are. */
export function setClock(clock) {
  now = clock;
}

document.getElementById('peek-close').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => {
  queue = null;
});

/** Opens the dialog. */
export async function showPeek(name) {
  queue = name;
  setText(document.getElementById('peek-title'), `Next in ${name}`);
  list.replaceChildren();
  rows = table(list, `What comes next, ${MOST} at most`, COLUMNS, 'Nothing waits there.');
  dialog.showModal();
  document.getElementById('peek-close').focus();
  await updatePeek();
}

/** Asks again, where it is open. */
export async function updatePeek() {
  if (queue === null) {
    return;
  }
  const asked = queue;
  let requests;
  try {
    ({ requests } = await get('peek', { queue: asked, most: MOST }));
  } catch (failure) {
    if (failure instanceof Problem && failure.status === 404) {
      requests = [];
    } else {
      throw failure;
    }
  }
  if (queue === asked) {
    const numbered = requests.map((request, index) => ({ ...request, key: request.request || `?${index}` }));
    rows.fill(numbered, request => request.key, create, update);
  }
}

function create() {
  const row = rows.row();
  row.why = button('Why?', '', () => {
    dialog.close();
    ask(row.request);
  });
  row.cells.actions.classList.add('actions');
  row.cells.actions.append(row.why);
  row.cells.request.classList.add('id');
  return row;
}

function update(row, request) {
  row.request = request.request;
  setText(row.cells.request, request.request || 'unreadable');
  setParts(row.cells.what, el('span', { class: 'id' }, `${request.method} ${request.path}`));
  setText(row.cells.priority, request.priority);
  setParts(row.cells.since, ...figure(...durationParts(request.since_ms === null ? null : now() - request.since_ms)));
  row.cells.since.title = request.since_ms === null ? '' : date(request.since_ms);
  setText(row.cells.blocked, request.blocked_by ?? (request.listed ? 'a dispatcher' : 'its turn'));
  row.why.hidden = !request.request;
  row.why.setAttribute('aria-label', `Why does ${request.request} wait?`);
}
