/** How the site's pages and their parts are called, and where they are. */

export const LOGIN = {
  path: '/login',
  email: 'Email',
  password: 'Password',
  submit: 'Log in',
} as const;

/** Navigations to paths below this one are operations: each takes a slot. */
export const OPERATIONS = '/my/';

/** Headings of the pages that want to see a person. */
export const CHALLENGE_HEADING =
  /verify (that )?you are (a )?human|are you (a )?(human|robot)|security check/i;

/** A page that loads its data by itself: where it is, what it is headed, and where its data comes from. */
export interface DataPage {
  path: string;
  heading: string;
  data: string;
}

/** The form below a conversation. */
export const MESSAGE_FORM = {
  text: 'Message',
  price: 'Price',
  media: 'Media',
  submit: 'Send',
} as const;

/** Loads the next page of a list. */
export const MORE = 'Show more';

/** The conversation with a fan; messages are posted where it is loaded from. */
export function chatPage(fanId: string): DataPage {
  const segment = encodeURIComponent(fanId);
  return {
    path: `/my/chats/chat/${segment}`,
    heading: `Chat with ${fanId}`,
    data: `/api2/v2/chats/${segment}/messages`,
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
