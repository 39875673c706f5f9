/**
 * Options of an AWS client whose calls somebody waits for, a function's time or an HTTP request: each try ends after 3 s,
 * and there are three. (Without the last of them the SDK only warns.)
 */
export const BRIEF_CALLS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};
