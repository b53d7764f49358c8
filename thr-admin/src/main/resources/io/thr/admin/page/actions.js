/**
 * Changes: each is asked for, made, and told of.
 */
import { forgetToken, post, Problem, setToken, token } from './api.js';
import { setText } from './dom.js';

const id = name => document.getElementById(name);

const REMEDY = 'This program has no token, so that nobody can change anything here. Set one in its file, '
  + 'admin: { token: "${THR_ADMIN_TOKEN}" }, and start it again.';

let mayChange = true;

/** Whether the program takes changes at all. */
export function setMayChange(may) {
  mayChange = may;
}

/** Tells what came of something, at the lower edge and to those who hear the page. */
export function tell(text, kind = '') {
  id('result').dataset.kind = kind;
  setText(id('result-text'), text);
}

/**
 * Asks, changes, tells.
 *
 * @param question `title`; `text`: what will happen; `verb`: on the button; `destructive`: cannot be undone; `path` and
 *     `parameters` of the change; `done` and `not`: what to say then, done may be a function of the answer
 * @return whether it was changed
 */
export async function change(question) {
  if (!mayChange) {
    tell(REMEDY, 'refused');
    return false;
  }
  if (!token() && !await askToken('Changes need the token of this program: admin.token in its file.')) {
    tell('Nothing was changed: no token was given.', 'refused');
    return false;
  }
  if (!await confirmed(question)) {
    return false;
  }
  return make(question);
}

async function make({ path, parameters, done, not }) {
  try {
    const answer = await post(path, parameters);
    tell(answer.done ? (typeof done === 'function' ? done(answer) : done) : not, answer.done ? 'done' : '');
    document.dispatchEvent(new Event('thr-changed'));
    return answer.done;
  } catch (failure) {
    if (!(failure instanceof Problem)) {
      throw failure;
    }
    if (failure.status === 401) {
      forgetToken();
      document.dispatchEvent(new Event('thr-token'));
      tell(`Nothing was changed: the token is not that of this program. ${sentence(failure.message)}`, 'refused');
    } else if (failure.status === 0) {
      tell(`Whether it was changed is not known: the program ${failure.message}.`, 'refused');
    } else {
      tell(`Nothing was changed: ${sentence(failure.message)}`, 'refused');
    }
    return false;
  }
}

function sentence(text) {
  return /[.!?)]$/.test(text) ? text : `${text}.`;
}

function confirmed({ title, text, verb, destructive }) {
  setText(id('confirm-title'), title);
  setText(id('confirm-text'), text);
  setText(id('confirm-yes'), verb);
  id('confirm-yes').classList.toggle('destructive', Boolean(destructive));
  return open(id('confirm'), id('confirm-no'), id('confirm-yes'), destructive ? id('confirm-no') : id('confirm-yes'));
}

/** Whether somebody gave a token. */
export async function askToken(text) {
  setText(id('token-text'), text);
  const input = id('token-value');
  const given = await open(id('token'), id('token-no'), null, input, id('token-form'));
  if (given) {
    setToken(input.value);
    document.dispatchEvent(new Event('thr-token'));
  }
  input.value = '';
  return given;
}

/** Shows a dialog until it is answered; Escape is a no. */
function open(dialog, no, yes, focused, form = null) {
  return new Promise(resolve => {
    const over = new AbortController();
    const signal = over.signal;
    let answer = false;
    const end = value => {
      answer = value;
      dialog.close();
    };
    no.addEventListener('click', () => end(false), { signal });
    yes?.addEventListener('click', () => end(true), { signal });
    form?.addEventListener('submit', event => {
      event.preventDefault();
      end(true);
    }, { signal });
    dialog.addEventListener('close', () => {
      over.abort();
      resolve(answer);
    }, { signal });
    dialog.showModal();
    focused.focus();
  });
}
