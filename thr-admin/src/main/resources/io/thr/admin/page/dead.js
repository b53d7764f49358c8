/** The dead letters of each queue that has some. */
import { change } from './actions.js';
import { get } from './api.js';
import { button, el, keyed, setText, table } from './dom.js';
import { bytes, date, many } from './format.js';

const MOST = 20;

const COLUMNS = [
  { key: 'reason', name: 'Reason' },
  { key: 'time', name: 'Buried' },
  { key: 'request', name: 'Request' },
  { key: 'bytes', name: 'Size', number: true },
  { key: 'letter', name: 'Letter' },
  { key: 'actions', name: '' },
];

/** Puts them into the section; what is returned shows a state, and asks for the letters where their number has changed. */
export function dead(section) {
  const blocks = el('div');
  const none = el('p', { class: 'quiet nothing' }, 'None.');
  section.append(blocks, none);
  document.addEventListener('thr-changed', () => blocks.querySelectorAll('[data-seen]').forEach(block => delete block.dataset.seen));
  return async state => {
    const queues = state.queues.filter(queue => queue.dead > 0);
    none.hidden = queues.length > 0;
    const asked = [];
    keyed(blocks, queues, queue => queue.name, create, (block, queue) => {
      block.queue = queue;
      block.element.dataset.queue = queue.name;
      setText(block.name, queue.name);
      setText(block.count, `${many(queue.dead, 'letter')}${queue.dead > MOST ? `, the newest ${MOST} shown` : ''}`);
      block.forget.setAttribute('aria-label', `Forget the dead letters of ${queue.name}`);
      if (block.element.dataset.seen !== String(queue.dead)) {
        block.element.dataset.seen = String(queue.dead);
        asked.push(letters(block));
      }
    });
    await Promise.all(asked);
  };
}

function create() {
  const block = { name: el('span', { class: 'id' }), count: el('span', { class: 'quiet' }) };
  block.forget = button('Forget all', '', () => forget(block.queue), '');
  block.list = el('div');
  block.element = el('div', { class: 'letters' },
    el('div', { class: 'title' }, el('h3', {}, block.name, ' ', block.count), block.forget), block.list);
  block.rows = table(block.list, 'Dead letters, the newest first', COLUMNS, 'None any more.');
  return block;
}

async function letters(block) {
  let found;
  try {
    found = (await get('dead', { queue: block.queue.name, most: MOST })).letters;
  } catch (failure) {
    delete block.element.dataset.seen;
    throw failure;
  }
  block.rows.fill(found, letter => letter.id, () => {
    const row = block.rows.row();
    row.retry = button('Retry', '', () => retry(block.queue, row.letter));
    row.cells.actions.classList.add('actions');
    row.cells.actions.append(row.retry);
    row.cells.letter.classList.add('id');
    row.cells.request.classList.add('id');
    return row;
  }, (row, letter) => {
    row.letter = letter;
    row.element.dataset.letter = letter.id;
    setText(row.cells.reason, letter.reason);
    setText(row.cells.time, letter.time_ms === null || letter.time_ms === undefined ? '–' : date(letter.time_ms));
    setText(row.cells.request, letter.request ?? 'unreadable');
    setText(row.cells.bytes, bytes(letter.bytes));
    setText(row.cells.letter, letter.id);
    row.retry.setAttribute('aria-label', `Retry letter ${letter.id}`);
  });
}

function retry(queue, letter) {
  change({
    title: `Retry letter ${letter.id}?`,
    text: `Its message is put on ${queue.name} again. It was buried because: ${letter.reason} `
      + 'Where that has not been mended it is buried again. Its client may have gone.',
    verb: 'Retry',
    path: 'retry',
    parameters: { queue: queue.name, letter: letter.id },
    done: `Letter ${letter.id} is on ${queue.name} again.`,
    not: `There is no letter ${letter.id} any more.`,
  });
}

function forget(queue) {
  change({
    title: `Forget the dead letters of ${queue.name}?`,
    text: `${many(queue.dead, 'letter')}, with the messages in ${queue.dead === 1 ? 'it' : 'them'}, cannot be had again after that.`,
    verb: 'Forget all',
    destructive: true,
    path: 'purge-dead',
    parameters: { queue: queue.name },
    done: answer => `${many(answer.count ?? 0, 'dead letter')} of ${queue.name} ${answer.count === 1 ? 'is' : 'are'} forgotten.`,
    not: `There were none in ${queue.name}.`,
  });
}
