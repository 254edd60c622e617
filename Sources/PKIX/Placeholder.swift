// PKIX
