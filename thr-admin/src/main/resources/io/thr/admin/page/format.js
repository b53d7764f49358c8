/**
 * Figures as people read them: three digits that count, a unit that stands under the unit above it.
 */
import { el } from './dom.js';

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** A number of things. */
export function count(number) {
  return WHOLE.format(number);
}

/** "1 request", "2 requests". */
export function many(number, one, more = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : more}`;
}

function threeDigits(number) {
  return number < 10 ? number.toFixed(2) : number < 100 ? number.toFixed(1) : WHOLE.format(number);
}

/** A time in ms as a number and a unit. */
export function durationParts(millis) {
  if (millis === null || millis === undefined) {
    return ['–', ''];
  }
  const time = Math.max(0, millis);
  if (time < 999.5) {
    return [time > 0 && time < 9.95 ? time.toFixed(1) : String(Math.round(time)), 'ms'];
  }
  const seconds = time / 1000;
  if (seconds < 120) {
    return [seconds < 9.995 ? seconds.toFixed(2) : seconds.toFixed(1), 's'];
  }
  const whole = Math.round(seconds);
  const two = number => String(number).padStart(2, '0');
  if (whole < 7200) {
    return [`${Math.floor(whole / 60)}:${two(whole % 60)}`, 'min'];
  }
  if (whole < 172_800) {
    return [`${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}`, 'h'];
  }
  return [WHOLE.format(whole / 86_400), 'days'];
}

/** A time in ms within a sentence. */
export function duration(millis) {
  return durationParts(millis).join(' ').trim();
}

/** How often in a second. */
export function rate(perSecond) {
  return perSecond === null || perSecond === undefined ? '–'
    : perSecond === 0 ? '0' : perSecond < 99.95 ? perSecond.toFixed(1) : WHOLE.format(perSecond);
}

/** The time of day by this machine's clock. */
export function clock(millis) {
  return new Date(millis).toLocaleTimeString('en-GB');
}

/** Date and time by this machine's clock. */
export function date(millis) {
  return new Date(millis).toLocaleString('sv-SE');
}

/** A figure for a cell: units stand under each other. */
export function figure(number, unit) {
  return unit ? [el('span', { class: 'n' }, number), el('span', { class: 'u' }, unit)] : [el('span', { class: 'n' }, number)];
}

/** How large, in bytes. */
export function bytes(number) {
  return number < 1024 ? `${number} B` : number < 1024 * 1024 ? `${threeDigits(number / 1024)} KiB` : `${threeDigits(number / 1024 / 1024)} MiB`;
}
