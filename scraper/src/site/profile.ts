import * as z from 'zod/mini';
import { PROFILE } from './labels.ts';
import { count, readAs, time, whole } from './read.ts';
import { openDataPage, type Visit } from './visit.ts';

/** `/api2/v2/users/me`: what we take from it. Other fields are passed over. */
const profile = z.object({
  id: whole,
  name: z.string(),
  username: z.string(),
  about: z.nullable(z.string()),
  location: z.nullable(z.string()),
  website: z.nullable(z.string()),
  joinDate: time,
  isVerified: z.boolean(),
  subscribePrice: z.number(),
  subscribersCount: count,
  favoritedCount: count,
  postsCount: count,
  photosCount: count,
  videosCount: count,
});

/** `profile.scrape`: the creator's own profile. */
export async function scrapeProfile(visit: Visit): Promise<z.infer<typeof profile>> {
  return readAs(visit, profile, await openDataPage(visit, PROFILE), PROFILE);
}
