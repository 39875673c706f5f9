/**
 * The options with which Node runs the scraper, wherever it runs. Left alone on a machine with much memory, Node collects
 * hardly any old garbage; with old space bounded but new space as large as it likes, it collects the old all the time
 * (docs/decisions/0008-browser.md). Both in MB.
 */
export const SCRAPER_NODE_OPTIONS = ['--max-old-space-size=256', '--max-semi-space-size=32'];
