"""Cases between bureaus: steps, referrals, repairs, clocks, and the duties of documents and penalties."""
