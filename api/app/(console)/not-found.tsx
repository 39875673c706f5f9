import Link from 'next/link';

/** What there isn't, or isn't for whoever looks: the two look alike. */
export default function NotFound() {
  return (
    <div className="empty">
      <h1>There is no such page</h1>
      <p>What it showed may be gone (operations are kept for 15 days), or it isn’t yours.</p>
      <p>
        <Link href="/">Back to the overview</Link>
      </p>
    </div>
  );
}
