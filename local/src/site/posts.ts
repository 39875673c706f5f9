import { createHash } from 'node:crypto';
import type { Account } from './accounts.ts';

/** One of a creator's posts, as `/api2/v2/posts` shows it. */
export interface Post {
  id: number;
  text: string;
  postedAt: string;
  /** 0: for every subscriber. */
  price: number;
  likesCount: number;
  commentsCount: number;
  media: { id: string; type: 'photo' | 'video' }[];
}

const TEXTS = ['Good morning!', 'New set is up.', 'Thank you all.', 'Behind the scenes.', 'Which one next?'];
const FIRST_DAY = Date.UTC(2021, 0, 1);
const APART_MS = 12 * 3_600_000;

/** One page of an account's posts, newest first: as many as its profile says. */
export function pageOfPosts(
  { email, profile }: Account,
  offset: number,
  limit: number,
): { list: Post[]; hasMore: boolean } {
  const digest = createHash('sha256').update(`posts of ${email}`).digest();
  const numbers = Array.from({ length: profile.postsCount }, (_, i) => profile.postsCount - i);
  return {
    list: numbers.slice(offset, offset + limit).map(number => post(digest, number)),
    hasMore: offset + limit < numbers.length,
  };
}

function post(digest: Buffer, number: number): Post {
  const drawn = digest.readUInt8(number % 32) + number;
  return {
    id: 1_000 + number,
    text: TEXTS[drawn % TEXTS.length] as string,
    postedAt: new Date(FIRST_DAY + number * APART_MS + (drawn % 60) * 60_000).toISOString(),
    price: drawn % 5 === 0 ? (drawn % 30) + 0.99 : 0,
    likesCount: (drawn * 13) % 900,
    commentsCount: (drawn * 7) % 60,
    media: Array.from({ length: drawn % 3 }, (_, i) => ({
      id: `media-${number}-${i + 1}`,
      type: (drawn + i) % 4 === 0 ? 'video' : 'photo',
    })),
  };
}
