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

export const PROFILE: DataPage = { path: '/my/profile', heading: 'Profile', data: '/api2/v2/users/me' };
