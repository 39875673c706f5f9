/** How the site's pages and their parts are called, and where they are. */

export const LOGIN = {
  path: '/login',
  email: 'Email',
  password: 'Password',
  submit: 'Log in',
} as const;

/** Where a login leads that wants a one-time code as well. */
export const CODE = {
  path: '/login/code',
  code: 'Code',
  submit: 'Confirm',
} as const;

/** Navigations to paths below this one are operations: each takes a slot. */
export const OPERATIONS = '/my/';

/** Headings of the pages that want to see a person. */
export const CHALLENGE_HEADING =
  /verify (that )?you are (a )?human|are you (a )?(human|robot)|security check/i;

/** A page that loads its data by itself: where it is, what it is headed, and where its data comes from. */
export interface DataPage {
  path: string;
  /** What follows the path, from its question mark on. */
  query?: string;
  heading: string;
  data: string;
  /** How both paths are called, with ids as `{name}`, where they have some. */
  called?: { path: string; data: string };
}

/** The form below a conversation. */
export const MESSAGE_FORM = {
  text: 'Message',
  price: 'Price',
  media: 'Media',
  submit: 'Send',
} as const;

/** The form of the password page; what it posts goes where the page loads from. */
export const PASSWORD_FORM = {
  current: 'Current password',
  next: 'New password',
  confirm: 'Confirm new password',
  submit: 'Save password',
} as const;

/** Loads the next page of a list. */
export const MORE = 'Show more';
/** Loads the messages before those that a conversation shows. */
export const OLDER = 'Show older';

/** The conversation with a fan; messages are posted where it is loaded from. */
export function chatPage(fanId: string): DataPage {
  const segment = encodeURIComponent(fanId);
  return {
    path: `/my/chats/chat/${segment}`,
    heading: `Chat with ${fanId}`,
    data: `/api2/v2/chats/${segment}/messages`,
    called: { path: '/my/chats/chat/{fan_id}', data: '/api2/v2/chats/{fan_id}/messages' },
  };
}

/** A list of the creator's fans. */
export function subscribersPage(status: 'active' | 'expired' | 'all'): DataPage {
  return {
    path: `/my/subscribers/${status}`,
    heading: 'Subscribers',
    data: '/api2/v2/subscriptions/subscribers',
  };
}

export const PROFILE: DataPage = { path: '/my/profile', heading: 'Profile', data: '/api2/v2/users/me' };

export const POSTS: DataPage = { path: '/my/posts', heading: 'Posts', data: '/api2/v2/posts' };

/** All conversations. */
export const CHATS: DataPage = { path: '/my/chats', heading: 'Chats', data: '/api2/v2/chats' };

export const PASSWORD: DataPage = {
  path: '/my/settings/password',
  heading: 'Password',
  data: '/api2/v2/settings/password',
};

/** What was earned from one day to another, both included; without one of them there is no such bound. */
export function earningsPage(from?: string, to?: string): DataPage {
  const query = new URLSearchParams({ ...(from && { from }), ...(to && { to }) });
  return {
    path: '/my/statements/earnings',
    ...(query.size > 0 && { query: `?${query}` }),
    heading: 'Earnings',
    data: '/api2/v2/earnings/transactions',
  };
}
