/** The site's pages: as little HTML as the roles and labels of the real ones need. */

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, character => ENTITIES[character] as string);
}

function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escape(title)}</title><link rel="icon" href="data:,"></head>
<body>
${main}
</body>
</html>
`;
}

/** The login form; with `fault` it says above the form why the last attempt was refused. */
export function loginPage(fault?: string): string {
  const alert = fault === undefined ? '' : `<p role="alert">${escape(fault)}</p>\n`;
  return page(
    'Log in',
    `<main>
<h1>Log in</h1>
${alert}<form method="post" action="/login">
<label for="email">Email</label> <input id="email" name="email" type="email" autocomplete="username" required>
<label for="password">Password</label> <input id="password" name="password" type="password" autocomplete="current-password" required>
<button type="submit">Log in</button>
</form>
</main>`,
  );
}

/** Where a login leads. */
export function homePage(account: string | null): string {
  const who = account === null ? '<a href="/login">Log in</a>' : `<a href="/my/profile">Profile</a>`;
  return page('Home', `<main><h1>Home</h1>\n${who}</main>`);
}

/** A page that loads its data from `source` and shows it. */
export function dataPage(title: string, source: string): string {
  return page(
    title,
    `<main data-source="${escape(source)}"><h1>${escape(title)}</h1>
<dl></dl>
</main>
<script type="module" src="/assets/page.js"></script>`,
  );
}

/** What stands between a visitor and the site when it wants to see a person. */
export function challengePage(): string {
  return page(
    'Just a moment',
    '<main><h1>Verify you are human</h1><p>Complete the check to continue.</p></main>',
  );
}

/** A page that says what went wrong, and nothing else. */
export function errorPage(status: number, message: string): string {
  return page(`${status}`, `<main><h1>${escape(message)}</h1></main>`);
}

/** The client's part of {@link dataPage}. */
export const PAGE_SCRIPT = `const main = document.querySelector('main');
const list = main.querySelector('dl');
const response = await fetch(main.dataset.source, { headers: { accept: 'application/json' } });
if (!response.ok) {
  const alert = document.createElement('p');
  alert.setAttribute('role', 'alert');
  alert.textContent = 'Something went wrong (' + response.status + ')';
  main.append(alert);
} else {
  for (const [name, value] of Object.entries(await response.json())) {
    const term = document.createElement('dt');
    const definition = document.createElement('dd');
    term.textContent = name;
    definition.textContent = value === null ? '' : String(value);
    list.append(term, definition);
  }
}
`;
