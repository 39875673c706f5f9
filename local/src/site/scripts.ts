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

const SUBSCRIBERS = `const main = document.querySelector('main');
const list = main.querySelector('ul');
const more = main.querySelector('button');
const LIMIT = 50;
let offset = 0;
${ALERT}async function load() {
  more.disabled = true;
  const response = await fetch(main.dataset.source + '&offset=' + offset + '&limit=' + LIMIT);
  if (!response.ok) return fail(response.status);
  const page = await response.json();
  for (const fan of page.list) {
    const item = document.createElement('li');
    item.textContent = fan.name + ' @' + fan.username;
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
${ALERT}function show(message) {
  const item = document.createElement('li');
  item.textContent = (message.isFromMe ? 'Me: ' : '') + message.text;
  list.append(item);
}
const response = await fetch(main.dataset.source);
if (!response.ok) fail(response.status);
else {
  (await response.json()).list.forEach(show);
  button.disabled = false;
}
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
      show(await answer.json());
      form.reset();
    } else fail(answer.status);
  } catch {
    fail('no answer');
  }
  button.disabled = false;
});
`;

export const SCRIPTS: Readonly<Record<string, string>> = {
  '/assets/page.js': PROFILE,
  '/assets/subscribers.js': SUBSCRIBERS,
  '/assets/chat.js': CHAT,
};
