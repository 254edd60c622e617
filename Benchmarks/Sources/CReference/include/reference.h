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
