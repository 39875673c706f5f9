import * as z from 'zod/mini';
import { paramsOf } from '../operation.ts';
import { MORE, POSTS } from './labels.ts';
import { DEFAULT_MAX, pageOf, readList } from './list.ts';
import { count, id, readAs, time } from './read.ts';
import type { Visit } from './visit.ts';

/** `/api2/v2/posts`: what we take from it. */
const post = z.object({
  id,
  text: z.string(),
  postedAt: time,
  price: z.optional(z.nullable(z.number())),
  likesCount: count,
  commentsCount: count,
  media: z.optional(z.nullable(z.array(z.object({ id, type: z.string() })))),
});

/** What `posts.scrape` results in. */
interface Posts {
  count: number;
  /** Whether these are all; false where there are more than were asked for. */
  complete: boolean;
  /** Newest first. */
  posts: z.infer<typeof post>[];
}

/** `posts.scrape`: the creator's own posts. */
export async function scrapePosts(visit: Visit): Promise<Posts> {
  const { max = DEFAULT_MAX } = paramsOf(visit.operation, 'posts.scrape');
  const { items, complete } = await readList(visit, {
    page: POSTS,
    more: MORE,
    what: 'posts',
    max,
    read: json => readAs(visit, pageOf(post), json, POSTS),
    idOf: one => one.id,
  });
  return { count: items.length, complete, posts: items };
}
