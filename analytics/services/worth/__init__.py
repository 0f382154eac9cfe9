"""What loyalty goes with: revenue, margin, churn, share of wallet and referrals by category, and what offers do."""
