/**
 * The admin port. The token comes by `#token=…` or by the form; it stays in this tab's session storage.
 */

const KEY = 'thr.token';
const PATIENCE_MILLIS = 8000;

/** What the server refused, or that it did not answer; its text is for people. */
export class Problem extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

/** Takes the token out of the address bar, so that it is in no bookmark and on no screen share. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    setToken(given);
    history.replaceState(null, '', location.pathname + location.search);
  }
}

export function token() {
  return sessionStorage.getItem(KEY);
}

export function setToken(value) {
  sessionStorage.setItem(KEY, value);
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}

/** Which of the program's buses is looked at; null: its first. */
let bus = null;

/** Looks at another bus from now on. */
export function setBus(address) {
  bus = address;
}

/** Reads. */
export function get(path, parameters) {
  return call('GET', path, parameters);
}

/** Changes. */
export function post(path, parameters) {
  return call('POST', path, parameters);
}

async function call(method, path, parameters = {}) {
  const query = new URLSearchParams(bus === null ? parameters : { ...parameters, bus }).toString();
  const headers = { Accept: 'application/json' };
  const secret = token();
  if (secret) {
    headers.Authorization = `Bearer ${secret}`;
  }
  let response;
  try {
    response = await fetch(`api/${path}${query && `?${query}`}`, {
      method, headers, cache: 'no-store', credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(PATIENCE_MILLIS),
    });
  } catch (failure) {
    throw new Problem(0, failure.name === 'TimeoutError' ? 'no answer in 8 s' : 'cannot be reached');
  }
  let body;
  try {
    body = await response.json();
  } catch {
    throw new Problem(response.status, `answered ${response.status} without JSON`);
  }
  if (!response.ok) {
    throw new Problem(response.status, body.detail ?? body.title ?? `status ${response.status}`);
  }
  return body;
}
