#pragma once
// Primitives only: EVP and what it needs, and below it the plain functions for digests, RSA and curves, which OpenSSL 3
// calls deprecated and keeps: they take a fraction of the time for what is small. CMS, X.509, PKCS#7, PKCS#12 and OCSP are
// never included.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <sys/random.h>
#include <unistd.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

// No configuration file is read: what it may load or forbid is not this package's to depend on.
static inline int smime_openssl_start(void) {
  return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

// Random octets of the kernel's generator: all that is asked for, or failure.
static inline int smime_kernel_random(unsigned char *bytes, int count) {
  while (count > 0) {
    int piece = count < 256 ? count : 256;
    if (getentropy(bytes, (size_t)piece) != 0) return 0;
    bytes += piece;
    count -= piece;
  }
  return 1;
}

static inline int smime_kernel_random_status(void) { return 1; }

// Puts the kernel in the place of libcrypto's generator, for the whole process.
static inline void smime_openssl_kernel_random(void) {
  static const RAND_METHOD kernel = {
      .bytes = smime_kernel_random, .pseudorand = smime_kernel_random, .status = smime_kernel_random_status};
  RAND_set_rand_method(&kernel);
}

// SHA-1 and SHA-2 in the making: a value that is copied as it is.
typedef struct {
  int bits;
  union {
    SHA_CTX sha1;
    SHA256_CTX small;
    SHA512_CTX large;
  } state;
} smime_sha;

static inline void smime_sha_start(smime_sha *sha, int bits) {
  sha->bits = bits;
  switch (bits) {
    case 160: SHA1_Init(&sha->state.sha1); break;
    case 224: SHA224_Init(&sha->state.small); break;
    case 256: SHA256_Init(&sha->state.small); break;
    case 384: SHA384_Init(&sha->state.large); break;
    default: SHA512_Init(&sha->state.large);
  }
}

static inline void smime_sha_update(smime_sha *sha, const void *bytes, size_t count) {
  switch (sha->bits) {
    case 160: SHA1_Update(&sha->state.sha1, bytes, count); break;
    case 224:
    case 256: SHA256_Update(&sha->state.small, bytes, count); break;
    default: SHA512_Update(&sha->state.large, bytes, count);
  }
}

// Writes as many octets as the digest has, and wipes the state.
static inline void smime_sha_finish(smime_sha *sha, unsigned char *digest) {
  switch (sha->bits) {
    case 160: SHA1_Final(digest, &sha->state.sha1); break;
    case 224:
    case 256: SHA256_Final(digest, &sha->state.small); break;
    default: SHA512_Final(digest, &sha->state.large);
  }
  OPENSSL_cleanse(sha, sizeof *sha);
}

// The public half of an RSA key from its numbers, or NULL.
static inline RSA *smime_rsa_public_key(
    const unsigned char *modulus, int modulus_count, const unsigned char *exponent, int exponent_count) {
  RSA *key = RSA_new();
  BIGNUM *n = BN_bin2bn(modulus, modulus_count, NULL);
  BIGNUM *e = BN_bin2bn(exponent, exponent_count, NULL);
  if (key != NULL && n != NULL && e != NULL && RSA_set0_key(key, n, e, NULL) == 1) return key;
  BN_free(n);
  BN_free(e);
  RSA_free(key);
  return NULL;
}

// A fresh key's point on a curve, and what it shares with the owner of the point `peer`: 1, or 0 when that is not on the
// curve. A third of what the same takes by EVP keys.
static inline int smime_ec_agree(
    const EC_GROUP *curve, const unsigned char *peer, size_t peer_count, unsigned char *point, size_t point_count,
    unsigned char *secret, size_t secret_count) {
  int done = 0;
  EC_KEY *fresh = EC_KEY_new();
  EC_POINT *other = EC_POINT_new(curve);
  if (fresh != NULL && other != NULL && EC_POINT_oct2point(curve, other, peer, peer_count, NULL) == 1 &&
      EC_POINT_is_at_infinity(curve, other) == 0 && EC_KEY_set_group(fresh, curve) == 1 &&
      EC_KEY_generate_key(fresh) == 1) {
    size_t count = EC_POINT_point2oct(
        curve, EC_KEY_get0_public_key(fresh), POINT_CONVERSION_UNCOMPRESSED, point, point_count, NULL);
    done = count == point_count && ECDH_compute_key(secret, secret_count, other, fresh, NULL) == (int)secret_count;
  }
  EC_POINT_free(other);
  EC_KEY_free(fresh);
  return done;
}

// The public key at a point of a named curve, or NULL when it is not on it.
static inline EVP_PKEY *smime_ec_public_key(const char *curve, const unsigned char *point, size_t count) {
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)curve, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, count),
      OSSL_PARAM_construct_end(),
  };
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  if (context != NULL && EVP_PKEY_fromdata_init(context) == 1) {
    EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters);
  }
  EVP_PKEY_CTX_free(context);
  return key;
}
