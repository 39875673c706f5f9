/** How often a secret is rotated (8.5). */
export const ROTATION_DAYS = 90;

/** The function that rotates the creators' credentials. */
export const ROTATE_CREDENTIALS = { name: 'huntaze-rotate-credentials', timeoutSeconds: 60 } as const;
