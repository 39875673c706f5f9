/** The house’s mark: slots that are taken one after the other. */
export function Mark() {
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true" className="glyph">
      <rect x="1" y="2" width="4" height="14" rx="2" />
      <rect x="7" y="2" width="4" height="14" rx="2" opacity="0.65" />
      <rect x="13" y="2" width="4" height="14" rx="2" opacity="0.35" />
    </svg>
  );
}
