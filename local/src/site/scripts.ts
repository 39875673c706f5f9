/** The client's part of the pages, by the path under which it is served. */

const ALERT = `function fail(status) {
  const alert = document.createElement('p');
  alert.setAttribute('role', 'alert');
  alert.textContent = 'Something went wrong (' + status + ')';
  main.append(alert);
}
`;

const PROFILE = `const main = document.querySelector('main');
const list = main.querySelector('dl');
${ALERT}const response = await fetch(main.dataset.source, { headers: { accept: 'application/json' } });
if (!response.ok) fail(response.status);
else {
  for (const [name, value] of Object.entries(await response.json())) {
    const term = document.createElement('dt');
    const definition = document.createElement('dd');
    term.textContent = name;
    definition.textContent = value === null ? '' : String(value);
    list.append(term, definition);
  }
}
`;

const LIST = `const main = document.querySelector('main');
const list = main.querySelector('ul');
const more = main.querySelector('button');
const source = new URL(main.dataset.source, location);
const fields = main.dataset.fields.split(' ');
const LIMIT = 50;
let offset = 0;
for (const [name, value] of new URLSearchParams(location.search)) source.searchParams.set(name, value);
${ALERT}function textOf(item, field) {
  return String(field.split('.').reduce((value, name) => value?.[name], item) ?? '');
}
async function load() {
  more.disabled = true;
  source.searchParams.set('offset', offset);
  source.searchParams.set('limit', LIMIT);
  const response = await fetch(source);
  if (!response.ok) return fail(response.status);
  const page = await response.json();
  for (const one of page.list) {
    const item = document.createElement('li');
    item.textContent = fields.map(field => textOf(one, field)).join(' ');
    list.append(item);
  }
  offset += LIMIT;
  more.hidden = !page.hasMore;
  more.disabled = false;
}
more.addEventListener('click', load);
await load();
`;

const CHAT = `const main = document.querySelector('main');
const list = main.querySelector('ol');
const form = main.querySelector('form');
const button = form.querySelector('button');
const older = main.querySelector('button[type=button]');
let oldest;
${ALERT}function itemOf(message) {
  const item = document.createElement('li');
  item.textContent = (message.isFromMe ? 'Me: ' : '') + message.text;
  return item;
}
async function load(query) {
  const response = await fetch(main.dataset.source + query);
  if (!response.ok) return fail(response.status);
  const page = await response.json();
  list.prepend(...page.list.map(itemOf));
  oldest = page.list[0]?.id ?? oldest;
  older.hidden = !page.hasMore;
  button.disabled = false;
}
older.addEventListener('click', () => load('?before=' + oldest));
await load('');
form.addEventListener('submit', async event => {
  event.preventDefault();
  button.disabled = true;
  const { text, price, media } = form.elements;
  const body = { text: text.value };
  if (price.value !== '') body.price = Number(price.value);
  if (media.value !== '') body.mediaIds = media.value.split(',').map(id => id.trim());
  try {
    const answer = await fetch(main.dataset.source, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.ok) {
      list.append(itemOf(await answer.json()));
      form.reset();
    } else fail(answer.status);
  } catch {
    fail('no answer');
  }
  button.disabled = false;
});
`;

const PASSWORD = `const main = document.querySelector('main');
const form = main.querySelector('form');
const button = form.querySelector('button');
${ALERT}function say(text) {
  main.querySelector('[role=status]').textContent = text;
}
const response = await fetch(main.dataset.source);
if (!response.ok) fail(response.status);
else {
  const { changedAt } = await response.json();
  say(changedAt === null ? 'Never changed' : 'Last changed ' + changedAt);
  button.disabled = false;
}
form.addEventListener('submit', async event => {
  event.preventDefault();
  const { current, next, again } = form.elements;
  if (next.value !== again.value) return say('The two new passwords differ');
  button.disabled = true;
  try {
    const answer = await fetch(main.dataset.source, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ currentPassword: current.value, newPassword: next.value }),
    });
    if (answer.ok) {
      form.reset();
      say('Saved');
    } else fail(answer.status);
  } catch {
    fail('no answer');
  }
  button.disabled = false;
});
`;

export const SCRIPTS: Readonly<Record<string, string>> = {
  '/assets/page.js': PROFILE,
  '/assets/list.js': LIST,
  '/assets/chat.js': CHAT,
  '/assets/password.js': PASSWORD,
};
