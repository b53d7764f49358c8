/**
 * Elements. What comes from data is put in as text only: there is no way here to put in markup.
 */

/** An element with those attributes, and children that are elements or texts. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children);
  return element;
}

/** A button; what it does is told by its text, and to those who do not see its row by its label. */
export function button(text, label, onClick, classes = '') {
  const made = el('button', { type: 'button', class: classes, 'aria-label': label }, text);
  made.addEventListener('click', onClick);
  return made;
}

/** Writes only what has changed, so that what is selected stays selected and nothing is laid out anew. */
export function setText(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) {
    element.textContent = wanted;
  }
}

/** Replaces what is in an element, unless it says so already. */
export function setParts(element, ...parts) {
  const text = parts.map(part => (typeof part === 'string' ? part : `${part.className}\u0000${part.textContent}`)).join('\u0001');
  if (element.dataset.parts !== text) {
    element.dataset.parts = text;
    element.replaceChildren(...parts);
  }
}

const children = new WeakMap();

/**
 * Makes the children of an element those of the items, in their order. An item that stays keeps its element, and with it
 * the focus.
 */
export function keyed(parent, items, key, create, update) {
  const known = children.get(parent) ?? new Map();
  const now = new Map();
  let before = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    if (now.has(name)) {
      continue;
    }
    const child = known.get(name) ?? create(item);
    now.set(name, child);
    known.delete(name);
    update(child, item);
    if (child.element === before) {
      before = before.nextElementSibling;
    } else {
      parent.insertBefore(child.element, before);
    }
  }
  known.forEach(gone => gone.element.remove());
  children.set(parent, now);
}

function kind(column) {
  return column.number ? 'number' : column.name ? 'words' : null;
}

/**
 * A table whose rows become blocks on a narrow screen, each cell with its column's name.
 *
 * @param columns each with `name`, and `number` where figures stand in it
 */
export function table(section, caption, columns, nothing) {
  const head = el('tr', { role: 'row' }, ...columns.map(column =>
    el('th', { scope: 'col', role: 'columnheader', class: kind(column), title: column.hint }, column.name)));
  const body = el('tbody', { role: 'rowgroup' });
  const made = el('table', { role: 'table' },
    el('caption', {}, caption),
    el('thead', { role: 'rowgroup' }, head),
    body);
  const frame = el('div', { class: 'frame', hidden: true }, made);
  const empty = el('p', { class: 'quiet nothing' }, nothing);
  section.append(frame, empty);
  return {
    body,
    /** A row, and its cells by the keys of the columns. */
    row() {
      const cells = {};
      const element = el('tr', { role: 'row' });
      columns.forEach((column, index) => {
        const cell = index === 0
          ? el('th', { scope: 'row', role: 'rowheader', 'data-label': column.name })
          : el('td', { role: 'cell', class: kind(column), 'data-label': column.name });
        cells[column.key] = cell;
        element.append(cell);
      });
      return { element, cells };
    },
    fill(items, key, create, update) {
      frame.hidden = items.length === 0;
      empty.hidden = items.length > 0;
      keyed(body, items, key, create, update);
    },
  };
}

/** A bar that says nothing to those who hear the page: the figures stand beside it. */
export function bar() {
  const fill = el('span', { class: 'fill' });
  const element = el('span', { class: 'bar', 'aria-hidden': 'true' }, fill);
  return {
    element,
    set(part, whole, kind = '') {
      const share = whole > 0 ? Math.max(0, Math.min(1, part / whole)) : part > 0 ? 1 : 0;
      fill.style.width = `${(100 * share).toFixed(1)}%`;
      element.dataset.kind = kind || (share >= 1 ? 'full' : '');
    },
  };
}
