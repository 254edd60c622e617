#pragma once
#include <stddef.h>

// One S/MIME job by libcrypto's CMS_*, from S/MIME text in memory to S/MIME text in memory. Each returns the size of its
// result, or -1.
typedef struct reference reference;

// A key (PKCS#8 DER), its certificate and its issuer's, the anchor.
reference *reference_new(const unsigned char *key, size_t key_count, const unsigned char *certificate,
                         size_t certificate_count, const unsigned char *issuer, size_t issuer_count,
                         const unsigned char *root, size_t root_count);

// One more certificate to encrypt to (DER). Returns 1, or 0.
int reference_add_recipient(reference *, const unsigned char *certificate, size_t count);

long reference_sign(reference *, const unsigned char *mail, size_t count);
long reference_verify(reference *, const unsigned char *mail, size_t count, int with_path);
// For the certificate itself, or for all that were added as recipients.
long reference_encrypt(reference *, const unsigned char *mail, size_t count, int gcm, int to_all);
long reference_decrypt(reference *, const unsigned char *mail, size_t count);

// Reads a certificate: key, names, validity and every extension that this package knows. Returns how many extensions there
// were, or -1.
long reference_parse(const unsigned char *certificate, size_t count);

// Validates a path from the first of two certificates, one behind the other in DER, by the second to the anchor. Returns its
// length, or -1.
long reference_validate(reference *, const unsigned char *certificates, size_t count);
// Reads such a pair once, and validates the paths of all pairs that were added so, one a call.
int reference_add_chain(reference *, const unsigned char *certificates, size_t count);
long reference_validate_next(reference *);

// A CRL of `count` entries with serial numbers from the same generator as revocation-bench's, half of them with a reason,
// signed with the key (PKCS#8 DER). Returns its size in DER, or -1.
long reference_crl(const unsigned char *key, size_t key_count, const unsigned char *issuer, size_t issuer_count,
                   size_t count);

// A primitive of libcrypto by itself, set up once and called over and over: what no implementation can avoid.
typedef struct primitive primitive;

// `name` is one of sign, verify (of a digest), encrypt, decrypt (of a content key by RSA), agree, generate (a P-256 key),
// sha256, sha512, gcm, gcm-open, cbc, cbc-open, base64, base64-open. The key is PKCS#8 DER. NULL when there is none.
primitive *primitive_new(const char *name, const unsigned char *key, size_t key_count, size_t count);
// Once more. Returns 1, or 0.
int primitive_run(primitive *);
void primitive_free(primitive *);
