import type { FanList } from './fans.ts';

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

/** What stands between password and session where the account has a code; `fault` as above. */
export function codePage(fault?: string): string {
  const alert = fault === undefined ? '' : `<p role="alert">${escape(fault)}</p>\n`;
  return page(
    'One-time code',
    `<main>
<h1>One-time code</h1>
${alert}<form method="post" action="/login/code">
<label for="code">Code</label> <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required>
<button type="submit">Confirm</button>
</form>
</main>`,
  );
}

/** Where a login leads. */
export function homePage(account: string | null): string {
  const who = account === null ? '<a href="/login">Log in</a>' : `<a href="/my/profile">Profile</a>`;
  return page('Home', `<main><h1>Home</h1>\n${who}</main>`);
}

/** A page that loads its data from `source`, shows it in `body`, and is brought to life by `script`. */
function livePage(title: string, source: string, body: string, script: string, data = ''): string {
  return page(
    title,
    `<main data-source="${escape(source)}"${data}><h1>${escape(title)}</h1>
${body}
</main>
<script type="module" src="${script}"></script>`,
  );
}

/** The account's own profile. */
export function profilePage(): string {
  return livePage('Profile', '/api2/v2/users/me', '<dl></dl>', '/assets/page.js');
}

/** A list with a button for more of it while there is any; `fields` of each item are shown. */
function listPage(title: string, source: string, fields: string): string {
  return livePage(
    title,
    source,
    '<ul></ul>\n<button type="button" hidden>Show more</button>',
    '/assets/list.js',
    ` data-fields="${escape(fields)}"`,
  );
}

/** A list of fans. */
export function subscribersPage(list: FanList): string {
  return listPage('Subscribers', `/api2/v2/subscriptions/subscribers?type=${list}`, 'name username');
}

/** What was earned; the page's own query says from when to when. */
export function earningsPage(): string {
  return listPage('Earnings', '/api2/v2/earnings/transactions', 'createdAt type amount');
}

export function postsPage(): string {
  return listPage('Posts', '/api2/v2/posts', 'postedAt text');
}

/** All conversations. */
export function chatsPage(): string {
  return listPage('Chats', '/api2/v2/chats', 'withUser.name lastMessage.text');
}

/** The form for a new password. */
export function passwordPage(source: string): string {
  return livePage(
    'Password',
    source,
    `<p role="status"></p>
<form>
<label for="current">Current password</label> <input id="current" type="password" autocomplete="current-password" required>
<label for="next">New password</label> <input id="next" type="password" autocomplete="new-password" required>
<label for="again">Confirm new password</label> <input id="again" type="password" autocomplete="new-password" required>
<button type="submit" disabled>Save password</button>
</form>`,
    '/assets/password.js',
  );
}

/** The conversation with a fan, and a form for the next message. */
export function chatPage(fan: string): string {
  return livePage(
    `Chat with ${fan}`,
    `/api2/v2/chats/${encodeURIComponent(fan)}/messages`,
    `<button type="button" hidden>Show older</button>
<ol></ol>
<form>
<label for="text">Message</label> <textarea id="text" name="text" required></textarea>
<label for="price">Price</label> <input id="price" name="price" inputmode="decimal">
<label for="media">Media</label> <input id="media" name="media">
<button type="submit" disabled>Send</button>
</form>`,
    '/assets/chat.js',
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
