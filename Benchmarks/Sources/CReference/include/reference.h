#pragma once
#include <stddef.h>

// One S/MIME job by libcrypto's CMS_*, from S/MIME text in memory to S/MIME text in memory. Each returns the size of its
// result, or -1.
typedef struct reference reference;

// A key (PKCS#8 DER), its certificate and its issuer's, the anchor.
reference *reference_new(const unsigned char *key, size_t key_count, const unsigned char *certificate,
                         size_t certificate_count, const unsigned char *issuer, size_t issuer_count,
                         const unsigned char *root, size_t root_count);

long reference_sign(reference *, const unsigned char *mail, size_t count);
long reference_verify(reference *, const unsigned char *mail, size_t count, int with_path);
long reference_encrypt(reference *, const unsigned char *mail, size_t count, int gcm);
long reference_decrypt(reference *, const unsigned char *mail, size_t count);

// A CRL of `count` entries with serial numbers from the same generator as revocation-bench's, half of them with a reason,
// signed with the key (PKCS#8 DER). Returns its size in DER, or -1.
long reference_crl(const unsigned char *key, size_t key_count, const unsigned char *issuer, size_t issuer_count,
                   size_t count);
